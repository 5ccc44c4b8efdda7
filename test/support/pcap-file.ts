import { writeFileSync } from "node:fs";
import type { RecordedConnection } from "./recording-proxy.ts";

/** IPv4 without an Ethernet header. */
const LINKTYPE_RAW = 101;
const LOOPBACK = [127, 0, 0, 1];
const MAX_SEGMENT_BYTES = 32 * 1024;
const FLAGS = { syn: 0x02, fin: 0x01, ack: 0x10, push: 0x08 };

/** Writes recorded connections as a capture would show them: each with its handshake, data and end. */
export function writePcap(file: string, connections: readonly RecordedConnection[], serverPort: number): void {
  const header = Buffer.alloc(24);
  header.writeUInt32LE(0xa1b2c3d4, 0);
  header.writeUInt16LE(2, 4);
  header.writeUInt16LE(4, 6);
  header.writeUInt32LE(0xffff, 16);
  header.writeUInt32LE(LINKTYPE_RAW, 20);
  writeFileSync(file, Buffer.concat([header, ...connections.flatMap((one) => packetsOf(one, serverPort))]));
}

function packetsOf({ clientPort, pieces }: RecordedConnection, serverPort: number): Buffer[] {
  const sent = { client: 0, server: 0 };
  const packets: Buffer[] = [];
  const add = (from: "client" | "server", flags: number, data: Buffer, atMs: number): void => {
    const isClient = from === "client";
    const segment = Buffer.alloc(20);
    segment.writeUInt16BE(isClient ? clientPort : serverPort, 0);
    segment.writeUInt16BE(isClient ? serverPort : clientPort, 2);
    segment.writeUInt32BE(sent[from], 4);
    segment.writeUInt32BE(flags & FLAGS.ack ? sent[isClient ? "server" : "client"] : 0, 8);
    segment[12] = 5 << 4;
    segment[13] = flags;
    segment.writeUInt16BE(0xffff, 14);
    sent[from] += data.length + (flags & (FLAGS.syn | FLAGS.fin) ? 1 : 0);
    packets.push(inPacket(Buffer.concat([segment, data]), atMs));
  };
  const none = Buffer.alloc(0);
  add("client", FLAGS.syn, none, 0);
  add("server", FLAGS.syn | FLAGS.ack, none, 0);
  add("client", FLAGS.ack, none, 0);
  for (const { from, bytes, atMs } of pieces) {
    for (let at = 0; at < bytes.length; at += MAX_SEGMENT_BYTES) {
      add(from, FLAGS.ack | FLAGS.push, bytes.subarray(at, at + MAX_SEGMENT_BYTES), atMs);
    }
  }
  const endMs = pieces.at(-1)?.atMs ?? 0;
  for (const from of ["client", "server"] as const) add(from, FLAGS.fin | FLAGS.ack, none, endMs);
  return packets;
}

function inPacket(segment: Buffer, atMs: number): Buffer {
  const length = 20 + segment.length;
  const bytes = Buffer.alloc(16 + 20);
  bytes.writeUInt32LE(Math.floor(atMs / 1000), 0);
  bytes.writeUInt32LE(Math.floor((atMs % 1000) * 1000), 4);
  bytes.writeUInt32LE(length, 8);
  bytes.writeUInt32LE(length, 12);
  bytes[16] = 0x45;
  bytes.writeUInt16BE(length, 18);
  bytes[24] = 64; // time to live
  bytes[25] = 6; // TCP
  bytes.set([...LOOPBACK, ...LOOPBACK], 28);
  return Buffer.concat([bytes, segment]);
}
