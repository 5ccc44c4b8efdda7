import { dirname, join } from "node:path";
import type { PoolParts } from "../server/pool.ts";
import { AddressList } from "../transport/address-list.ts";
import { clientAddressOf } from "../transport/client-address.ts";
import { HttpPort } from "../transport/http-port.ts";
import { TunnelHandover } from "../transport/rtmpt/tunnel-handover.ts";
import type { SocketOrigin } from "../transport/socket-origin.ts";
import { LISTENER_WAYS } from "../transport/ways-in.ts";
import { HlsHandover } from "./hls-handover.ts";
import { LinkServer } from "./link-server.ts";
import type { LinkPath, WorkerStart } from "./messages.ts";
import { RelayPort, type RelayPortOptions } from "./relay-port.ts";

/** Requests come from other processes of this server, which say for whom: nobody else can enter the folder. */
const FROM_A_WORKER: SocketOrigin = {
  remoteAddress: "127.0.0.1:0",
  accept: new Set(LISTENER_WAYS),
  forwardedFrom: new AddressList(["127.0.0.1"]),
};

/** By what other processes of the server come to this one, and their tunnels' requests go to them. */
export class Links {
  readonly tunnelsElsewhere: TunnelHandover;
  readonly hlsElsewhere: HlsHandover;
  readonly relays: RelayPort;
  readonly #start: Pick<WorkerStart, "worker" | "link">;
  readonly #http: HttpPort;
  readonly #relayServer: LinkServer;
  readonly #tunnelServer: LinkServer;

  constructor(
    start: Pick<WorkerStart, "worker" | "link">,
    { timeouts, chunkSize, log, tunnels }: PoolParts,
    homes: Pick<RelayPortOptions, "isAwaited" | "relay">,
  ) {
    this.#start = start;
    this.relays = new RelayPort({ chunkSize, log, ...homes });
    this.#relayServer = new LinkServer((socket) => this.relays.serve(socket));
    this.tunnelsElsewhere = new TunnelHandover({
      worker: start.worker,
      pathOf: (worker) => tunnelPathOf(start.link, worker),
      clientAddress: clientAddressOf,
    });
    this.hlsElsewhere = new HlsHandover({
      worker: start.worker,
      pathOf: (worker) => tunnelPathOf(start.link, worker),
      clientAddress: clientAddressOf,
    });
    this.#http = new HttpPort({
      routes: [tunnels],
      requestMs: timeouts.requestMs,
      holdMs: timeouts.hookMs,
      // It is the other process that closes what is idle: it may be about to send.
      idleMs: 2 * Math.max(timeouts.tunnelMs, timeouts.requestMs),
      onRefused: (_, { code, remedy, message }) => log.warn({ code, remedy }, message),
    });
    this.#tunnelServer = new LinkServer((socket) => this.#http.serve(socket, FROM_A_WORKER));
  }

  async open(): Promise<void> {
    const { worker, link } = this.#start;
    await this.#relayServer.open(link);
    await this.#tunnelServer.open(tunnelPathOf(link, worker));
  }

  close(): void {
    this.tunnelsElsewhere.close();
    this.hlsElsewhere.close();
    this.#http.close();
    this.#relayServer.close();
    this.#tunnelServer.close();
  }
}

/** Where a process takes requests for its tunnels: beside the links of all. */
function tunnelPathOf(link: LinkPath, worker: number): string {
  return join(dirname(link), `${worker}.http`);
}
