/**
 * The protocol without a socket: tells each message in the recorded bytes of a client, from its first byte on.
 * Usage: node examples/06-read-recording.ts [file]
 */
import { readFileSync } from "node:fs";
import { describeAmf } from "millrace/amf";
import {
  ChunkDecoder,
  decodeCommand,
  decodeSetChunkSize,
  describeMessage,
  MessageType,
  ProtocolError,
} from "millrace/rtmp";

/** The client's half of a handshake: C0, C1 and C2. */
const HANDSHAKE_BYTES = 1 + 1536 + 1536;

const [file = `${import.meta.dirname}/recorded-ffmpeg.bin`] = process.argv.slice(2);
const decoder = new ChunkDecoder({ firstByteOffset: HANDSHAKE_BYTES });
decoder.push(readFileSync(file).subarray(HANDSHAKE_BYTES));
try {
  for (let message = decoder.next(); message !== undefined; message = decoder.next()) {
    console.log(describeMessage(message));
    if (message.type === MessageType.SetChunkSize) decoder.setChunkSize(decodeSetChunkSize(message.payload));
    if (message.type !== MessageType.Command) continue;
    const { transactionId, commandObject, args } = decodeCommand(message);
    console.log(`  ${transactionId}`, ...[commandObject, ...args].map((value) => describeAmf(value)));
  }
} catch (error) {
  if (!(error instanceof ProtocolError)) throw error;
  console.log(`${error.code}: ${error.message}. ${error.remedy}`);
}
