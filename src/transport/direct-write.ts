import { writeSync, writevSync } from "node:fs";
import type { Socket } from "node:net";
import { TLSSocket } from "node:tls";

/** Set to `off`, it leaves every write to Node's streams. */
export const DIRECT_WRITE_VARIABLE = "MILLRACE_DIRECT_WRITE";

/** The parts of Node's sockets that this depends on: no version promises them, so they are looked for. */
type SocketInside = {
  readonly _handle?: { readonly fd?: unknown } | null;
  _destroy?: (error: Error | null, callback: (error?: Error | null) => void) => void;
};

/**
 * The file descriptor of a connected TCP socket, which takes bytes at once without a pass through Node's streams:
 * a quarter to a half of what Node adds to a write. Undefined where it cannot be had: TLS, Windows, another inside of Node,
 * or it was switched off. `onGone` is called before the descriptor is closed, by whatever path: it may belong to
 * another connection in the next moment.
 */
export function directDescriptor(
  socket: Socket,
  onGone: () => void,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): number | undefined {
  if (environment[DIRECT_WRITE_VARIABLE] === "off") return undefined;
  if (socket instanceof TLSSocket || socket.connecting) return undefined;
  const inside = socket as unknown as SocketInside;
  const descriptor = inside._handle?.fd;
  const destroy = inside._destroy;
  if (typeof descriptor !== "number" || descriptor < 0 || typeof destroy !== "function") return undefined;
  // What `Duplex` calls, before anything else happens, for each way in which a socket can end.
  inside._destroy = (error, callback) => {
    onGone();
    destroy.call(socket, error, callback);
  };
  return descriptor;
}

/**
 * Writes what the kernel takes at once, and returns how many bytes that was: 0 when it is full, or the connection is
 * broken, which the next ordinary write will tell.
 */
export function writeDirectly(descriptor: number, pieces: readonly Uint8Array[]): number {
  const [first] = pieces;
  if (first === undefined) return 0;
  try {
    return pieces.length === 1 ? writeSync(descriptor, first) : writevSync(descriptor, pieces);
  } catch {
    return 0;
  }
}
