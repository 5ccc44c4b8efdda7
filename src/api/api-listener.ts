import type { Socket } from "node:net";
import type { Log } from "../server/log.ts";
import { AddressList } from "../transport/address-list.ts";
import { HttpPort } from "../transport/http-port.ts";
import type { HttpRoute } from "../transport/http-route.ts";
import { remoteAddressOf } from "../transport/socket-stream.ts";
import { listenTcp, type TcpListener } from "../transport/tcp-listener.ts";
import type { ApiAddress, ApiLimits } from "./options.ts";

export type ApiListenerOptions = {
  readonly route: HttpRoute;
  readonly limits: Pick<ApiLimits, "maxConnections" | "requestMs" | "idleMs">;
  readonly log: Log;
};

/** Where the API listens unless it is told. */
export const DEFAULT_API_ADDRESS: ApiAddress = { host: "127.0.0.1", port: 8081 };
/** Ports that are tried then. */
const DEFAULT_TRIES = 20;

/** The port of the API and its sockets: a bounded number, none of which may take its time. */
export class ApiListener {
  readonly #options: ApiListenerOptions;
  readonly #http: HttpPort;
  readonly #sockets = new Set<Socket>();
  /** Those that no request has been made on, or none that is not answered: the one that is so longest comes first. */
  readonly #idle = new Set<Socket>();
  /** Requests of the others that are not done. */
  readonly #asked = new Map<Socket, number>();
  #listener: TcpListener | undefined;

  constructor(options: ApiListenerOptions) {
    const { route, limits, log } = options;
    this.#options = options;
    this.#http = new HttpPort({
      ...limits,
      routes: [this.#watch(route)],
      onRefused: (remote, { code, message }) => log.warn({ remote, code }, `${message} (API)`),
    });
  }

  /** Undefined until it is open. */
  get address(): ApiAddress | undefined {
    return this.#listener && { host: this.#listener.address, port: this.#listener.port };
  }

  /** At an address, or near the default one where none is told. Rejects with an error that says what to do. */
  async open(address: ApiAddress | undefined): Promise<void> {
    this.#listener = await (address === undefined ? this.#openDefault() : this.#listen(address));
  }

  /** Ends every socket. */
  close(): void {
    this.#listener?.close();
    this.#listener = undefined;
    this.#http.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  async #openDefault(): Promise<TcpListener> {
    const { host, port } = DEFAULT_API_ADDRESS;
    for (let tries = 0; tries < DEFAULT_TRIES; tries++) {
      try {
        return await this.#listen({ host, port: port + tries });
      } catch (error) {
        if (!isTaken(error)) throw error;
      }
    }
    return await this.#listen({ host, port: 0 });
  }

  #listen({ host, port }: ApiAddress): Promise<TcpListener> {
    const { log } = this.#options;
    return listenTcp(
      {
        // Without a host, a machine that has no IPv6 listens on every address of IPv4.
        ...(host !== "::" && { host }),
        port,
        onAcceptError: (err) => log.error({ err }, "a connection to the API could not be accepted"),
      },
      (socket) => this.#accept(socket),
    );
  }

  #accept(socket: Socket): void {
    const { limits, log } = this.#options;
    const remoteAddress = remoteAddressOf(socket);
    if (this.#sockets.size >= limits.maxConnections) this.#makeRoom();
    if (this.#sockets.size >= limits.maxConnections) {
      log.warn(
        { remote: remoteAddress, limit: limits.maxConnections },
        "too many connections to the API: one was refused",
      );
      return void socket.destroy();
    }
    this.#sockets.add(socket);
    this.#idle.add(socket);
    socket.on("close", () => this.#forget(socket));
    this.#http.serve(socket, { remoteAddress, accept: new Set(), forwardedFrom: NOBODY });
  }

  /** Whoever only holds a connection must not keep out who asks something. */
  #makeRoom(): void {
    const [socket] = this.#idle;
    if (socket === undefined) return;
    this.#forget(socket);
    socket.destroy();
  }

  #forget(socket: Socket): void {
    this.#sockets.delete(socket);
    this.#idle.delete(socket);
    this.#asked.delete(socket);
  }

  /** The same route, with an eye on which sockets have something to do. */
  #watch(route: HttpRoute): HttpRoute {
    return {
      ...(route.ownsBody && { ownsBody: (request) => route.ownsBody?.(request) === true }),
      handle: (request, response) => {
        const { socket } = request;
        this.#idle.delete(socket);
        this.#asked.set(socket, (this.#asked.get(socket) ?? 0) + 1);
        response.once("close", () => this.#done(socket));
        return route.handle?.(request, response) === true;
      },
      upgrade: (request, socket, head) => {
        this.#idle.delete(request.socket);
        return route.upgrade?.(request, socket, head) === true;
      },
    };
  }

  #done(socket: Socket): void {
    const left = (this.#asked.get(socket) ?? 0) - 1;
    if (left > 0) return void this.#asked.set(socket, left);
    this.#asked.delete(socket);
    if (this.#sockets.has(socket)) this.#idle.add(socket);
  }
}

const NOBODY = new AddressList([]);

function isTaken(error: unknown): boolean {
  const cause = error instanceof Error ? error.cause : undefined;
  return cause instanceof Error && "code" in cause && cause.code === "EADDRINUSE";
}
