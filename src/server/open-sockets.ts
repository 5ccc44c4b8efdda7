import type { Socket } from "node:net";
import { destroyAccepted } from "../transport/tls-handshake.ts";
import type { ServerLimits } from "./options.ts";

/** Flash opens two for one tunnel, and proxies spread the requests of a tunnel as they like. */
const HTTP_SOCKETS_PER_TUNNEL = 2;

/** Whose a socket is, and whether it carries HTTP: tunnels come and go on those, so they are counted apart. */
type Holder = { readonly network: string; isHttp: boolean };

/** The open sockets of all listeners, from accepting to closing, whatever they turn out to be. */
export class OpenSockets {
  readonly #limits: ServerLimits;
  readonly #sockets = new Map<Socket, Holder | undefined>();
  /** By network, and those of HTTP under the same with a mark. */
  readonly #counts = new Map<string, number>();

  constructor(limits: ServerLimits) {
    this.#limits = limits;
  }

  /** The limit that one more exceeds, or undefined: it counts until it closes then. */
  add(socket: Socket): number | undefined {
    const { maxConnections } = this.#limits;
    if (this.#sockets.size >= maxConnections) return maxConnections;
    this.#sockets.set(socket, undefined);
    // It comes once, and "on" keeps less for it than "once".
    socket.on("close", () => this.#delete(socket));
    return undefined;
  }

  /** Says whose it is, once. Returns the limit that it exceeds, or undefined. */
  admit(socket: Socket, network: string): number | undefined {
    return this.#hold(socket, { network, isHttp: false }, this.#limits.maxConnectionsPerAddress);
  }

  /** It carries HTTP. Returns the limit that it exceeds, or undefined. */
  becomeHttp(socket: Socket): number | undefined {
    const holder = this.#sockets.get(socket);
    if (holder === undefined) return undefined;
    this.#count(holder, -1);
    const limit = this.#limits.maxConnectionsPerAddress * HTTP_SOCKETS_PER_TUNNEL;
    return this.#hold(socket, { ...holder, isHttp: true }, limit);
  }

  destroyAll(): void {
    for (const socket of this.#sockets.keys()) destroyAccepted(socket);
  }

  #hold(socket: Socket, holder: Holder, limit: number): number | undefined {
    if (!this.#sockets.has(socket)) return undefined;
    this.#sockets.set(socket, holder);
    const count = this.#count(holder, 1);
    return limit > 0 && count > limit ? limit : undefined;
  }

  #delete(socket: Socket): void {
    const holder = this.#sockets.get(socket);
    this.#sockets.delete(socket);
    if (holder !== undefined) this.#count(holder, -1);
  }

  #count({ network, isHttp }: Holder, difference: 1 | -1): number {
    const key = isHttp ? `http ${network}` : network;
    const count = (this.#counts.get(key) ?? 0) + difference;
    if (count > 0) this.#counts.set(key, count);
    else this.#counts.delete(key);
    return count;
  }
}
