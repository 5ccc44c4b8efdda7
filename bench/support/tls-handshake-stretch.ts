import type { Socket } from "node:net";
import { Duplex } from "node:stream";
import { setImmediate as turn } from "node:timers/promises";
import { connect, type TLSSocket } from "node:tls";
import { acceptTls } from "../../src/transport/tls-handshake.ts";
import type { TlsIdentities } from "../../src/transport/tls-identities.ts";

/** One end of a connection in memory: what is written waits in `sent`. */
class MemoryEnd extends Duplex {
  readonly sent: Uint8Array[] = [];

  override _read(): void {}

  override _write(bytes: Uint8Array, _: BufferEncoding, done: () => void): void {
    this.sent.push(bytes);
    done();
  }
}

/**
 * Carries out one TLS handshake in memory, without resumption. Returns the longest time in milliseconds that the server's
 * side took for what came at once: so long everybody else waits.
 */
export async function tlsHandshakeStretchMs(identities: TlsIdentities): Promise<number> {
  const serverEnd = new MemoryEnd();
  const clientEnd = new MemoryEnd();
  let accepted: TLSSocket | undefined;
  // It takes any stream, although only sockets come in a server.
  const accepting = acceptTls(serverEnd as unknown as Socket, identities).then((socket) => {
    accepted = socket;
  });
  const client = connect({ socket: clientEnd, rejectUnauthorized: false });
  client.on("error", () => {});
  let longestMs = 0;
  while (accepted === undefined) {
    for (const bytes of serverEnd.sent.splice(0)) clientEnd.push(bytes);
    for (const bytes of clientEnd.sent.splice(0)) {
      const startedAtMs = performance.now();
      serverEnd.push(bytes);
      longestMs = Math.max(longestMs, performance.now() - startedAtMs);
    }
    await Promise.race([accepting, turn()]);
  }
  client.destroy();
  accepted.destroy();
  return longestMs;
}
