import { execFileSync } from "node:child_process";
import { type CleanUp, type PeerProcess, startPeer } from "./peer-process.ts";
import { requirePeer } from "./require-peer.ts";

/** A loopback capture that runs. `stop()` ends it with all packets written. */
export type Capture = PeerProcess & { readonly file: string };

/** Captures the loopback traffic of one TCP port into a pcap file; resolves when the capture has begun. */
export async function capture(owner: CleanUp, port: number, file: string): Promise<Capture> {
  const parameters = ["-i", "lo", "-f", `tcp port ${port}`, "-B", "16", "-w", file];
  const dumpcap = startPeer(owner, requirePeer("dumpcap"), parameters);
  try {
    await dumpcap.untilStderr(/^File: /m);
  } catch (error) {
    const advice = "Capturing needs CAP_NET_RAW: run as root, or: setcap cap_net_raw,cap_net_admin=ep $(which dumpcap)";
    throw new Error(advice, { cause: error });
  }
  return { ...dumpcap, file };
}

export type TsharkOptions = {
  /** Of the RTMP server in the capture. */
  readonly port: number;
  /** What is spoken there; RTMP inside HTTP is found by its media type. @default "rtmpt", which is RTMP's name here */
  readonly protocol?: "rtmpt" | "http";
  /** A display filter, like "rtmpt". */
  readonly filter?: string;
  /** Names of fields, like "frame.number" or "rtmpt.header.typeid". */
  readonly fields: readonly string[];
};

/** One row for each packet that passes the filter: for each field its values, none if the packet lacks it. */
export function tsharkRead(pcap: string, options: TsharkOptions): string[][][] {
  const parameters = ["-n", "-r", pcap, "-d", `tcp.port==${options.port},${options.protocol ?? "rtmpt"}`, "-2"];
  parameters.push("-o", "tcp.desegment_tcp_streams:TRUE", "-o", "rtmpt.desegment:TRUE");
  // Without this it passes over each Set Chunk Size above 32767, loses its place and finds nothing wrong in what it skips.
  parameters.push("-o", "rtmpt.max_packet_size:16777216");
  if (options.filter !== undefined) parameters.push("-Y", options.filter);
  parameters.push("-T", "fields", "-E", "separator=/t", "-E", "occurrence=a", "-E", "aggregator=|");
  for (const field of options.fields) parameters.push("-e", field);
  const text = execFileSync(requirePeer("tshark"), parameters, {
    encoding: "utf8",
    maxBuffer: 64 * 1024 * 1024,
    stdio: ["ignore", "pipe", "ignore"],
  });
  const rows = text.split("\n").filter((line) => line !== "");
  return rows.map((line) => line.split("\t").map((cell) => (cell === "" ? [] : cell.split("|"))));
}

/** The packets that tshark's RTMP dissector finds malformed, one line each; empty when all is well. */
export function tsharkMalformed(pcap: string, port: number, protocol?: TsharkOptions["protocol"]): string[] {
  const filter = "_ws.malformed || ((rtmpt || http) && _ws.expert.severity == error)";
  const fields = ["frame.number", "tcp.srcport", "_ws.expert.message"];
  const rows = tsharkRead(pcap, { port, ...(protocol !== undefined && { protocol }), filter, fields });
  return rows.map(([frame, source, messages]) => `frame ${frame} from port ${source}: ${messages?.join(", ")}`);
}
