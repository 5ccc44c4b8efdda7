import { connect } from "../../src/client/connect.ts";
import type { NetConnection } from "../../src/client/net-connection.ts";
import type { ByteStream } from "../../src/transport/byte-stream.ts";
import { openTransport } from "../../src/transport/open-transport.ts";
import { parseRtmpUrl, type RtmpScheme } from "../../src/transport/rtmp-url.ts";
import type { SeededRandom } from "./seeded-random.ts";

/** A client whose bytes can be held up and cut off from outside. */
export type OpenClient = { readonly connection: NetConnection; readonly stream: ByteStream };

/** Others share the processors: slow is no failure. */
const TIMEOUT_MS = 30_000;
const TIMEOUTS = { connectMs: TIMEOUT_MS, handshakeMs: TIMEOUT_MS, answerMs: TIMEOUT_MS, closeMs: 5_000 };

const SCHEMES: readonly (readonly [RtmpScheme, number])[] = [
  ["rtmp", 8],
  ["rtmps", 3],
  ["rtmpt", 3],
  ["ws", 3],
  ["rtmpe", 3],
];

export function pickScheme(random: SeededRandom): RtmpScheme {
  return random.pick(SCHEMES);
}

export async function openClient(scheme: RtmpScheme, port: number): Promise<OpenClient> {
  const url = `${scheme}://127.0.0.1:${port}/live`;
  const limits = { timeoutMs: TIMEOUT_MS, signal: AbortSignal.timeout(TIMEOUT_MS) };
  const stream = await openTransport(parseRtmpUrl(url, { key: "" }), {
    ...limits,
    tls: { insecure: true },
    httpProxy: false,
  });
  return { connection: await connect(url, { stream, timeouts: TIMEOUTS }), stream };
}

/** The head of a message of 50 kB on a chunk stream of its own, and little of the rest: what a cut leaves behind. */
export function halfMessage(): Uint8Array {
  const bytes = new Uint8Array(200).fill(0x55);
  bytes.set([0x1e, 0, 0, 0, 0, 0xc3, 0x50, 9, 1, 0, 0, 0]);
  return bytes;
}
