import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import type { CleanUp } from "./peer-process.ts";

export type PacingRelay = { readonly port: number };

/** How much may pass at once: what a modem holds. */
const BURST_BYTES = 8 * 1024;
const STEP_MS = 2;

/** Passes connections on to a port of 127.0.0.1; what comes back goes at `kbps`, by the clock, and holds little. */
export async function startPacingRelay(owner: CleanUp, target: number, kbps: number): Promise<PacingRelay> {
  const relay = createServer({ highWaterMark: BURST_BYTES }, (client) => {
    const server = connect({ port: target, host: "127.0.0.1" });
    for (const socket of [client, server]) socket.setNoDelay(true).on("error", () => {});
    client.pipe(server);
    pace(server, client, kbps);
    owner.after(async () => {
      client.destroy();
      server.destroy();
    });
  });
  relay.listen(0, "127.0.0.1");
  await once(relay, "listening");
  owner.after(async () => void relay.close());
  const address = relay.address();
  return { port: typeof address === "object" && address !== null ? address.port : 0 };
}

function pace(from: Socket, to: Socket, kbps: number): void {
  let tokens = BURST_BYTES;
  let lastMs = performance.now();
  const waiting: Buffer[] = [];
  const pump = (): void => {
    const nowMs = performance.now();
    // A timer that comes late makes up for it, or the link would be slower than it says.
    tokens += ((nowMs - lastMs) * kbps) / 8;
    lastMs = nowMs;
    for (let [chunk] = waiting; chunk !== undefined && tokens > 0; [chunk] = waiting) {
      const piece = chunk.subarray(0, Math.max(1, Math.floor(tokens)));
      to.write(piece);
      tokens -= piece.length;
      if (piece.length === chunk.length) waiting.shift();
      else waiting[0] = chunk.subarray(piece.length);
    }
    if (waiting.length === 0) {
      tokens = Math.min(tokens, BURST_BYTES);
      from.resume();
    }
  };
  const timer = setInterval(pump, STEP_MS);
  from.on("data", (chunk: Buffer) => {
    from.pause();
    waiting.push(chunk);
    pump();
  });
  from.once("close", () => {
    clearInterval(timer);
    to.destroy();
  });
  to.once("close", () => from.destroy());
}
