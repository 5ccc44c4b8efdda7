import type { Socket } from "node:net";
import { ProtocolError } from "../errors.ts";
import { AddressList } from "../transport/address-list.ts";
import type { ByteStream } from "../transport/byte-stream.ts";
import { findFreePort } from "../transport/free-port.ts";
import { HttpPort } from "../transport/http-port.ts";
import type { HttpRoute } from "../transport/http-route.ts";
import type { SocketOrigin } from "../transport/socket-origin.ts";
import { remoteAddressOf, socketStream } from "../transport/socket-stream.ts";
import { type SortedSocket, type SortingRules, type SortingStep, sortSocket } from "../transport/sort-socket.ts";
import { listenTcp, type TcpListener } from "../transport/tcp-listener.ts";
import { destroyAccepted } from "../transport/tls-handshake.ts";
import { TlsIdentities } from "../transport/tls-identities.ts";
import { waysInOf } from "../transport/ways-in.ts";
import { noteCertificates } from "./certificate-notes.ts";
import { failedConnection, tooManyConnections } from "./connection-event.ts";
import type { ServerContext } from "./context.ts";
import { networkOf } from "./network-of.ts";
import { OpenSockets } from "./open-sockets.ts";
import type { ListenAddress, ServerTlsOptions } from "./options.ts";
import type { SharedListening } from "./pool.ts";

export type FrontDoorOptions = {
  readonly context: ServerContext;
  readonly tls: ServerTlsOptions | undefined;
  /** What is served by HTTP. */
  readonly routes: readonly HttpRoute[];
  /** Where other processes listen on the same ports. */
  readonly listening?: SharedListening | undefined;
  /** Takes each connection that speaks RTMP on a socket, and starts it. */
  onStream(stream: ByteStream, origin: SocketOrigin): void;
};

export type OpenedListener = TcpListener & { readonly accept: SocketOrigin["accept"] };

/** A socket of which something is awaited. */
type Wait = { readonly step: SortingStep; readonly deadlineMs: number; readonly remoteAddress: string };

const DAY_MS = 24 * 60 * 60 * 1000;

/** The listeners of a server, and their sockets until it is known what they speak: nobody waits for long, or holds up others. */
export class FrontDoor {
  readonly #options: FrontDoorOptions;
  readonly #http: HttpPort;
  readonly #sockets: OpenSockets;
  readonly #waiting = new Map<Socket, Wait>();
  #identities: TlsIdentities | undefined;
  #certificatesNotedAtMs = 0;
  #isClosed = false;

  constructor(options: FrontDoorOptions) {
    const { limits, timeouts } = options.context.options;
    this.#options = options;
    this.#sockets = new OpenSockets(limits);
    this.#http = new HttpPort({
      routes: options.routes,
      requestMs: timeouts.requestMs,
      // While the application decides, nothing more is read of a tunnel, which has a time of its own for each body.
      holdMs: timeouts.hookMs,
      idleMs: Math.max(timeouts.tunnelMs, timeouts.requestMs),
      onRefused: (remote, error) => this.#warn(remote, error),
    });
  }

  /** Opens all listeners or none. Rejects with an error that says what to do. */
  async open(addresses: readonly ListenAddress[]): Promise<readonly OpenedListener[]> {
    const { tls } = this.#options;
    const rules = addresses.map((address) => rulesOf(address, tls !== undefined));
    this.#identities = tls && (await TlsIdentities.load(tls));
    this.#noteCertificates("load");
    const opened: OpenedListener[] = [];
    try {
      for (const [index, { host, port: wanted }] of addresses.entries()) {
        const rule = rules[index];
        const port = this.#options.listening?.ports?.[index] ?? (await this.#portFor(host, wanted));
        if (rule !== undefined) opened.push({ ...(await this.#listen(host, port, rule)), accept: rule.accept });
        if (this.#isClosed) throw new Error("the server was stopped while it started");
      }
      return opened;
    } catch (error) {
      for (const listener of opened) listener.close();
      throw error;
    }
  }

  /** Reads the certificates again. Rejects when one is bad: all stay as they were then. */
  async reload(): Promise<void> {
    await this.#identities?.reload();
    this.#noteCertificates("load");
  }

  /** Ends the sockets that keep us waiting. Call about twice a second. */
  tick(nowMs: number): void {
    for (const [socket, wait] of this.#waiting) {
      if (nowMs <= wait.deadlineMs) continue;
      this.#warn(wait.remoteAddress, this.#tooLate(wait));
      this.#destroy(socket);
    }
    if (nowMs - this.#certificatesNotedAtMs > DAY_MS) this.#noteCertificates("day");
  }

  /** Lets nobody in any more. Connections and tunnels that are inside live on. */
  close(): void {
    this.#isClosed = true;
    for (const socket of this.#waiting.keys()) this.#destroy(socket);
  }

  /** Ends every socket. */
  destroy(): void {
    this.close();
    this.#http.close();
    this.#sockets.destroyAll();
  }

  /** With `node:cluster`, 0 and the port that it has become would be two, and whoever comes next could have neither. */
  async #portFor(host: string, wanted: number): Promise<number> {
    const isClustered = this.#options.listening?.reusesPorts === false;
    return isClustered && wanted === 0 ? await findFreePort(host) : wanted;
  }

  #listen(host: string, port: number, rules: ListenerRules): Promise<TcpListener> {
    const { context, listening } = this.#options;
    const { log } = context;
    const sharing = listening?.ports === undefined ? "first" : "further";
    return listenTcp(
      {
        // Without a host, a machine that has no IPv6 listens on every address of IPv4.
        ...(host !== "::" && { host }),
        port,
        ...(listening?.reusesPorts === true && { sharing }),
        onAcceptError: (err) => log.error({ err }, "a connection could not be accepted"),
      },
      (socket) => void this.#receive(socket, { ...rules, identities: this.#identities }),
    );
  }

  /** Never rejects. */
  async #receive(socket: Socket, rules: SortingRules): Promise<void> {
    const peer = remoteAddressOf(socket);
    let remoteAddress = peer;
    const limit = this.#isClosed ? 0 : this.#sockets.add(socket);
    if (limit !== undefined) return this.#refuse(socket, peer, limit);
    try {
      const sorted = await sortSocket(socket, rules, {
        admit: (address) => {
          remoteAddress = address;
          const exceeded = this.#sockets.admit(socket, networkOf(address));
          if (exceeded !== undefined) this.#refuse(socket, address, exceeded);
          return exceeded === undefined;
        },
        onStep: (step) => this.#await(socket, step, remoteAddress),
      });
      if (sorted !== undefined) this.#letIn(socket, sorted);
      else if (this.#waiting.has(socket)) this.#leave(socket, remoteAddress);
    } catch (error) {
      this.#warn(remoteAddress, error);
      this.#destroy(socket);
    }
  }

  #letIn(accepted: Socket, { protocol, socket, origin }: SortedSocket): void {
    this.#waiting.delete(accepted);
    if (protocol === "rtmp") return this.#options.onStream(socketStream(socket, origin.remoteAddress), origin);
    const limit = this.#sockets.becomeHttp(accepted);
    if (limit !== undefined) return this.#refuse(accepted, origin.remoteAddress, limit);
    this.#http.serve(socket, origin);
  }

  #await(socket: Socket, step: SortingStep, remoteAddress: string): void {
    const { nowMs, options } = this.#options.context;
    this.#waiting.set(socket, { step, deadlineMs: nowMs() + options.timeouts.handshakeMs, remoteAddress });
  }

  #tooLate({ step }: Wait): ProtocolError {
    const { handshakeMs } = this.#options.context.options.timeouts;
    return step === "tls"
      ? new ProtocolError("timeout.tls", `the TLS handshake was not over for ${handshakeMs} ms`)
      : new ProtocolError("timeout.first-byte", `nothing that says what the client speaks came for ${handshakeMs} ms`);
  }

  /** The client went by itself: whoever only looks whether somebody listens does so. */
  #leave(socket: Socket, remote: string): void {
    const reason = "the client left before it was known what it speaks";
    this.#options.context.log.info({ remote, reason }, "connection closed");
    this.#destroy(socket);
  }

  #refuse(socket: Socket, remote: string, limit: number): void {
    this.#destroy(socket);
    if (this.#isClosed) return;
    const { log, events } = this.#options.context;
    log.warn({ remote, limit }, TOO_MANY);
    events.tell(tooManyConnections(remote, { limit }));
  }

  #destroy(socket: Socket): void {
    this.#waiting.delete(socket);
    destroyAccepted(socket);
  }

  #warn(remote: string, error: unknown): void {
    const { log, events } = this.#options.context;
    events.tell(failedConnection(error, { remoteAddress: remote }));
    if (!(error instanceof ProtocolError)) return log.error({ remote, err: error }, "unexpected error on a connection");
    const { code, byteOffset, remedy, message } = error;
    log.warn({ remote, code, byteOffset, remedy }, message);
  }

  #noteCertificates(occasion: "load" | "day"): void {
    const { log, nowMs } = this.#options.context;
    this.#certificatesNotedAtMs = nowMs();
    noteCertificates(this.#identities?.summaries ?? [], log, occasion);
  }
}

export const TOO_MANY = "too many connections: one was refused";

type ListenerRules = Omit<SortingRules, "identities">;

function rulesOf(address: ListenAddress, hasTls: boolean): ListenerRules {
  return {
    accept: waysInOf(address.accept, hasTls),
    proxyProtocolFrom: new AddressList(address.proxyProtocolFrom ?? []),
    forwardedFrom: new AddressList(address.forwardedFrom ?? []),
  };
}
