import { fileURLToPath } from "node:url";
import { describeBadToken } from "../server/api-token.ts";
import { silentLog } from "../server/log.ts";
import { formatAddress } from "../transport/address.ts";
import { isLoopback } from "../transport/loopback.ts";
import { Authorization } from "./access/authorization.ts";
import { ApiListener, DEFAULT_API_ADDRESS } from "./api-listener.ts";
import { ApiRoute } from "./api-route.ts";
import { CachedMonitor } from "./cached-monitor.ts";
import { EventStreams } from "./event-streams.ts";
import { MediaMount } from "./media-mount.ts";
import { createMediaProxy } from "./media-proxy.ts";
import { type ApiAddress, type ApiServerOptions, DEFAULT_API_LIMITS } from "./options.ts";
import { StaticFiles } from "./static-files.ts";

/** The HTTP server for people and programs that look after a media server. */
export type ApiServer = {
  /** Opens the listener; once. Rejects with an error that says what to do. */
  start(): Promise<void>;
  /** Undefined unless it is open. */
  readonly address: ApiAddress | undefined;
  /** Where people find the dashboard: `http://127.0.0.1:8081/`. Undefined unless it is open. */
  readonly url: string | undefined;
  /** Another token than at the start, where there was one. Whoever has signed in must do so again. Throws for a short one. */
  setToken(token: string): void;
  /** Ends everything at once, and for good. */
  stop(): void;
};

/** The same two levels up from src/api and dist/api. */
const DASHBOARD_FOLDER = fileURLToPath(new URL("../../dist/dashboard", import.meta.url));

/** Throws where it is to listen beyond this machine without a token, and for a token that is too short. */
export function createApiServer(options: ApiServerOptions): ApiServer {
  const { token, listen = DEFAULT_API_ADDRESS } = options;
  if (token !== undefined) checkToken(token);
  if (token === undefined && !isLoopback(listen.host)) {
    const address = formatAddress(listen.host, listen.port);
    throw new Error(
      `the API on ${address} needs a token, for others than this machine reach it. Set api.tokenFile or api.token, or listen on 127.0.0.1.`,
    );
  }
  return new HttpApiServer(options);
}

class HttpApiServer implements ApiServer {
  readonly #options: ApiServerOptions;
  readonly #authorization: Authorization;
  #listener: ApiListener | undefined;
  #streams: EventStreams | undefined;
  #closeMetrics: (() => void) | undefined;
  #isStarted = false;
  #isStopped = false;

  constructor(options: ApiServerOptions) {
    const { token, log = silentLog, limits } = options;
    this.#options = options;
    this.#authorization = new Authorization({
      ...DEFAULT_API_LIMITS,
      ...limits,
      token,
      nowMs,
      onWrong: (remote) => log.warn({ remote }, "somebody tried a wrong token of the API"),
      onEnded: (session) => this.#streams?.end(session),
    });
  }

  get address(): ApiAddress | undefined {
    return this.#listener?.address;
  }

  get url(): string | undefined {
    if (this.address === undefined) return undefined;
    const { host, port } = this.address;
    const reachable = host === "::" || host === "0.0.0.0" ? "127.0.0.1" : host;
    return `http://${formatAddress(reachable, port)}/`;
  }

  async start(): Promise<void> {
    if (this.#isStarted) throw new Error("the API was started already");
    this.#isStarted = true;
    const listener = new ApiListener({
      route: await this.#createRoute(),
      limits: { ...DEFAULT_API_LIMITS, ...this.#options.limits },
      log: this.#options.log ?? silentLog,
    });
    await listener.open(this.#options.listen);
    this.#listener = listener;
    if (this.#isStopped) this.stop();
  }

  setToken(token: string): void {
    checkToken(token);
    this.#authorization.setToken(token);
  }

  stop(): void {
    this.#isStopped = true;
    this.#streams?.end();
    this.#closeMetrics?.();
    this.#listener?.close();
    this.#listener = undefined;
  }

  async #createRoute(): Promise<ApiRoute> {
    const {
      dashboardFolder = DASHBOARD_FOLDER,
      media,
      mediaAddress,
      allowedHosts = [],
      log = silentLog,
      maxBroadcastMetrics = 0,
    } = this.#options;
    const limits = { ...DEFAULT_API_LIMITS, ...this.#options.limits };
    // Loaded now: whoever has no API pays nothing for it.
    const [{ createRestApp }, { Metrics }] = await Promise.all([
      import("./rest/rest-app.ts"),
      import("./metrics/metrics.ts"),
    ]);
    const monitor = new CachedMonitor(this.#options.monitor, nowMs);
    const { version, startedAtMs } = await monitor.server();
    const streams = new EventStreams({ monitor, limits, nowMs, every, log }, startedAtMs);
    this.#streams = streams;
    const metrics = new Metrics(monitor, maxBroadcastMetrics);
    this.#closeMetrics = () => metrics.close();
    const authorization = this.#authorization;
    const rest = createRestApp(
      {
        ...this.#options,
        monitor,
        authorization,
        metrics,
        onError: (err) => log.error({ err }, "a request to the API failed"),
      },
      version,
    );
    return new ApiRoute({
      authorization,
      allowedHosts,
      maxBodyBytes: limits.maxBodyBytes,
      rest,
      streams,
      files: new StaticFiles(dashboardFolder),
      media: new MediaMount(media ?? (mediaAddress && createMediaProxy(mediaAddress))),
    });
  }
}

function checkToken(token: string): void {
  const bad = describeBadToken(token);
  if (bad !== undefined) throw new Error(bad);
}

function nowMs(): number {
  return performance.now();
}

function every(intervalMs: number, tick: () => void): () => void {
  const timer = setInterval(tick, intervalMs).unref();
  return () => clearInterval(timer);
}
