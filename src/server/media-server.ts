import { BroadcastDirectory } from "../broadcast/directory.ts";
import type { ByteStream } from "../transport/byte-stream.ts";
import { clientAddressOf } from "../transport/client-address.ts";
import { firstOf, type HttpRoute, routeWhereMediaTaken, routeWhereTaken } from "../transport/http-route.ts";
import { prepareKeyExchange } from "../transport/node-crypto.ts";
import { RtmptServer } from "../transport/rtmpt/rtmpt-server.ts";
import { originOf, type SocketOrigin } from "../transport/socket-origin.ts";
import { familiesOf, LISTENER_WAYS, type ListenerWay } from "../transport/ways-in.ts";
import { WebSocketServerRoute } from "../transport/websocket/websocket-server.ts";
import { Applications } from "./applications/applications.ts";
import { CallError } from "./applications/call-error.ts";
import { checkArguments } from "./applications/check-arguments.ts";
import { isMethod, type Method } from "./applications/method.ts";
import { PublisherAuthentication } from "./authentication/publisher-authentication.ts";
import { BandwidthDetection } from "./bandwidth/bandwidth-detection.ts";
import { broadcastOptionsOf } from "./broadcast-options.ts";
import { tooManyConnections } from "./connection-event.ts";
import { type Admission, Connections } from "./connections.ts";
import type { ServerContext } from "./context.ts";
import { EventLog } from "./event-log.ts";
import type { ServerFeature } from "./feature.ts";
import type { MethodTools } from "./flex/broker-context.ts";
import { FlexMessaging } from "./flex/flex-messaging.ts";
import { Flusher } from "./flusher.ts";
import { FrontDoor, type OpenedListener, TOO_MANY } from "./front-door.ts";
import { HlsRoute } from "./hls/hls-route.ts";
import type { OpenWebSocket } from "./http-flv/flv-carrier.ts";
import { HttpFlvRoute } from "./http-flv/http-flv-route.ts";
import { keyframePictureOf } from "./keyframe-picture.ts";
import { silentLog } from "./log.ts";
import { createMonitor, type LocalMonitor } from "./monitor/monitor.ts";
import { type ListenAddress, type MediaServerOptions, resolveOptions } from "./options.ts";
import type { ServerPool } from "./pool.ts";
import { RtmpConnection } from "./rtmp/connection.ts";
import type { AnySlots, ServerSharedObject, ServerSharedObjectOptions } from "./shared-objects/index.ts";
import { SharedObjects } from "./shared-objects/shared-objects.ts";
import type { ServerMonitor, ServerSnapshot } from "./snapshots.ts";

/** Where a server accepts clients. */
export type ListenerInfo = {
  readonly protocol: "rtmp";
  readonly host: string;
  readonly port: number;
  /** The ways in, by the schemes of their URLs. */
  readonly accepts: readonly ListenerWay[];
};

/** A live RTMP server: publishers come in, and everybody who plays the same name gets what they send. */
export type MediaServer = {
  /** Opens the listeners, or none of them; once. Rejects with an error that says what to do. */
  start(): Promise<void>;
  readonly listeners: readonly ListenerInfo[];
  readonly connectionCount: number;
  /** Every name that is published, waited for or watched. */
  readonly broadcasts: BroadcastDirectory;
  /** What the server does, for people: broadcasts, connections and events as plain values; and kick. */
  readonly monitor: ServerMonitor;
  /**
   * A shared object for the program itself, made if it does not exist: `sharedObject<{ topic: string }>("chat/room1",
   * "room")`. It needs the option `sharedObjects`. Rejects with a `StatusError` when it is open with the other persistence
   * or there are too many, and with what the storage says where it cannot be loaded.
   */
  sharedObject<Slots extends object = AnySlots>(
    app: string,
    name: string,
    options?: ServerSharedObjectOptions,
  ): Promise<ServerSharedObject<Slots>>;
  /** What it serves of broadcasts by HTTP, for an HTTP server of your own: `server.media.handle?.(request, response)`. */
  readonly media: HttpRoute;
  /** The newest keyframe of a broadcast, by name, as an MP4 file for a `<video>`; undefined where there is none. */
  picture(broadcast: string): Promise<Uint8Array | undefined>;
  /** Serves a connection that came some other way: a socket of your own, or a stream in memory. */
  accept(stream: ByteStream): void;
  /** Reads the certificates again; connections live on. Rejects when one is bad, and all stay as they were. */
  reload(): Promise<void>;
  /** Accepts no more, tells every client that the server goes, and waits until all have left or `drainMs` is over. */
  drain(): Promise<void>;
  /** Ends everything at once, and for good. */
  stop(): Promise<void>;
};

/** Every address of the machine. */
const DEFAULT_ADDRESS: ListenAddress = { host: "::", port: 1935 };
/** How often what is due by time is looked for. */
const TICK_MS = 500;

export function createMediaServer(options: MediaServerOptions = {}): MediaServer {
  return new RtmpMediaServer(options);
}

class RtmpMediaServer implements MediaServer {
  readonly broadcasts: BroadcastDirectory;
  readonly monitor: LocalMonitor;
  readonly #context: ServerContext;
  readonly #features: readonly ServerFeature[];
  readonly #sharedObjects: SharedObjects;
  readonly #flex: FlexMessaging | undefined;
  readonly #addresses: readonly ListenAddress[];
  readonly #flusher: Flusher;
  readonly #connections: Connections;
  readonly #tunnels: RtmptServer;
  readonly #flv: HttpFlvRoute | undefined;
  readonly #hls: HlsRoute | undefined;
  readonly media: HttpRoute;
  readonly #pool: ServerPool | undefined;
  /** Those for which the pool decides. */
  readonly #awaiting = new Set<ByteStream>();
  readonly #frontDoor: FrontDoor;
  #listeners: readonly OpenedListener[] = [];
  #ticker: NodeJS.Timeout | undefined;
  #isStarted = false;
  #isClosing = false;

  constructor(options: MediaServerOptions) {
    const resolved = resolveOptions(options);
    const nowMs = (): number => performance.now();
    this.#addresses = options.listen ?? [DEFAULT_ADDRESS];
    this.#flusher = new Flusher(nowMs);
    const broadcastOptions = broadcastOptionsOf(resolved, this.#flusher.schedule);
    this.broadcasts = new BroadcastDirectory(broadcastOptions, resolved.limits.maxBroadcasts);
    const { log = silentLog, authentication } = options;
    const authenticated = authentication && new PublisherAuthentication(authentication, Date.now, options.pool?.secret);
    const hooks = authenticated?.guard(options.hooks ?? {}) ?? options.hooks ?? {};
    const { maxPendingCalls } = resolved.limits;
    // Who a client is comes first: applications are told.
    const applications = new Applications({ ...options, log, maxPendingCalls, nowMs });
    const { registry } = applications;
    this.#sharedObjects = new SharedObjects({ options: options.sharedObjects, registry, log, nowMs });
    const { flex } = options;
    this.#flex = flex && new FlexMessaging({ flex, log, nowMs, maxPendingCalls, registry, methods: METHOD_TOOLS });
    const { bandwidth = {} } = options;
    const measuring = bandwidth === false ? undefined : new BandwidthDetection(bandwidth, nowMs, log);
    const first = [authenticated, measuring, this.#flex].filter((feature) => feature !== undefined);
    this.#features = [...first, applications, this.#sharedObjects];
    const { pool } = options;
    this.#tunnels = new RtmptServer({
      ...resolved,
      ...options.http,
      ...(pool && { worker: pool.worker }),
      nowMs,
      log,
      clientAddress: clientAddressOf,
      onStream: (stream, request) => this.#accept(stream, originOf(request.socket)),
    });
    const shared = { options: resolved, log, directory: this.broadcasts, nowMs };
    this.#pool = pool?.enter({ ...shared, ...resolved, tunnels: this.#handedOver() });
    this.#connections = new Connections(resolved.limits, this.#pool);
    this.#context = {
      ...shared,
      hooks,
      features: this.#features,
      connections: this.#connections,
      events: new EventLog(Date.now),
      timeOfDayMs: Date.now,
      ...(this.#pool && { pool: this.#pool }),
    };
    const { flv, hls, allowedOrigins } = resolved.http;
    const webSockets = new WebSocketServerRoute({
      ...options.http,
      clientAddress: clientAddressOf,
      onStream: (stream, origin) => this.#accept(stream, origin),
    });
    this.monitor = createMonitor(this.#context, { waysIn: () => waysInOf(this.listeners), tickMs: TICK_MS });
    this.#hls =
      hls === false ? undefined : new HlsRoute(this.#context, { ...hls, allowedOrigins, worker: pool?.worker });
    const openWebSocket: OpenWebSocket = (...request) => webSockets.open(...request);
    this.#flv = flv === false ? undefined : new HttpFlvRoute(this.#context, { ...flv, allowedOrigins, openWebSocket });
    this.media = firstOf([this.#pool?.hlsElsewhere, this.#flv, this.#hls].filter((route) => route !== undefined));
    this.#frontDoor = new FrontDoor({
      context: this.#context,
      tls: options.tls,
      routes: this.#routes(webSockets),
      listening: pool?.listening,
      onStream: (stream, origin) => this.#accept(stream, origin),
    });
  }

  get listeners(): readonly ListenerInfo[] {
    return this.#listeners.map(({ address, port, accept }) => {
      return { protocol: "rtmp", host: address, port, accepts: LISTENER_WAYS.filter((way) => accept.has(way)) };
    });
  }

  get connectionCount(): number {
    return this.#connections.size;
  }

  async start(): Promise<void> {
    if (this.#isClosing) throw new Error("the server was stopped: create another");
    if (this.#isStarted) throw new Error("the server was started already");
    this.#isStarted = true;
    try {
      await this.#pool?.open();
      this.#hls?.start();
      this.#listeners = await this.#frontDoor.open(this.#addresses);
      // Now, rather than while a client waits and all others with it.
      if (this.#listeners.some(({ accept }) => accept.has("rtmpe") || accept.has("rtmpte"))) prepareKeyExchange();
    } catch (error) {
      this.#isStarted = false;
      throw error;
    }
    this.#startTicker();
    this.monitor.started();
  }

  sharedObject<Slots extends object = AnySlots>(
    app: string,
    name: string,
    options?: ServerSharedObjectOptions,
  ): Promise<ServerSharedObject<Slots>> {
    if (!this.#isClosing) this.#startTicker();
    return this.#sharedObjects.open<Slots>(app, name, options);
  }

  async picture(name: string): Promise<Uint8Array | undefined> {
    const broadcast = this.broadcasts.get(name);
    return broadcast && keyframePictureOf(broadcast);
  }

  accept(stream: ByteStream): void {
    this.#accept(stream, undefined);
  }

  reload(): Promise<void> {
    return this.#frontDoor.reload();
  }

  #accept(stream: ByteStream, origin: SocketOrigin | undefined): void {
    if (this.#isClosing) return stream.destroy();
    const admission = this.#connections.admit(stream.remoteAddress);
    if (admission instanceof Promise) void this.#await(admission, stream, origin);
    else if (admission.allow) this.#begin(stream, origin, admission.left);
    else this.#refuse(stream, admission.why);
  }

  /** Never rejects. */
  async #await(asked: Promise<Admission>, stream: ByteStream, origin: SocketOrigin | undefined): Promise<void> {
    this.#awaiting.add(stream);
    const admission = await asked;
    this.#awaiting.delete(stream);
    if (!admission.allow) return this.#refuse(stream, admission.why);
    try {
      if (!this.#isClosing) return this.#begin(stream, origin, admission.left);
      admission.left();
    } catch (err) {
      this.#context.log.error({ remote: stream.remoteAddress, err }, "unexpected error on a connection");
    }
    stream.destroy();
  }

  #begin(stream: ByteStream, origin: SocketOrigin | undefined, left: () => void): void {
    this.#startTicker();
    const families = familiesOf(stream.transport, origin?.accept ?? EVERY_WAY);
    const forget = (finished: RtmpConnection): void => {
      left();
      this.#connections.delete(finished);
    };
    const connection = new RtmpConnection(this.#context, stream, this.#connections.nextId(), forget, families);
    this.#connections.add(connection);
    try {
      connection.start();
    } catch (error) {
      forget(connection);
      throw error;
    }
  }

  async drain(): Promise<void> {
    this.#close();
    const emptied = this.#connections.emptied();
    for (const connection of this.#connections.list()) connection.shutDown();
    const { promise: overdue, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, this.#context.options.timeouts.drainMs);
    await Promise.race([emptied, overdue]);
    clearTimeout(timer);
    await this.stop();
  }

  async stop(): Promise<void> {
    this.#close();
    const emptied = this.#connections.emptied();
    for (const stream of this.#awaiting) stream.destroy();
    for (const connection of this.#connections.list()) connection.destroy();
    this.#tunnels.close();
    this.#flv?.close();
    this.#hls?.close();
    this.#pool?.close();
    this.#frontDoor.destroy();
    clearInterval(this.#ticker);
    this.#ticker = undefined;
    this.#flusher.close();
    await emptied;
    for (const feature of this.#features) await feature.stop?.();
  }

  /** What is served by HTTP. */
  #routes(webSockets: HttpRoute): readonly HttpRoute[] {
    const flex = this.#flex === undefined ? [] : [routeWhereTaken(this.#flex.route, "http", "https")];
    const tunnels = [this.#pool?.tunnelsElsewhere, this.#tunnels].filter((route) => route !== undefined);
    return [
      // First, for no other address ends as those of media do.
      routeWhereMediaTaken(this.media),
      ...tunnels.map((route) => routeWhereTaken(route, "http", "https")),
      routeWhereTaken(webSockets, "ws", "wss"),
      ...flex,
    ];
  }

  /** What other processes hand on to this one. */
  #handedOver(): HttpRoute {
    return {
      handle: (request, response) =>
        this.#tunnels.handle(request, response) || this.#hls?.handle(request, response) === true,
    };
  }

  /** Listeners and sockets keep a program alive; this does not. */
  #startTicker(): void {
    this.#ticker ??= setInterval(() => this.#tick(), TICK_MS).unref();
  }

  #tick(): void {
    const nowMs = this.#context.nowMs();
    this.#connections.tick(nowMs);
    for (const feature of this.#features) feature.tick?.(nowMs);
    this.broadcasts.tick(nowMs);
    this.#pool?.tick(nowMs);
    this.#tunnels.tick(nowMs);
    this.#hls?.tick(nowMs);
    this.#frontDoor.tick(nowMs);
    this.monitor.tick(nowMs);
  }

  #refuse(stream: ByteStream, why: { readonly limit: number } | { readonly reason: string }): void {
    const { log, events } = this.#context;
    const { remoteAddress } = stream;
    log.warn({ remote: remoteAddress, ...why }, TOO_MANY);
    events.tell(tooManyConnections(remoteAddress, why));
    stream.destroy();
  }

  #close(): void {
    this.monitor.stopping();
    this.#isClosing = true;
    this.#frontDoor.close();
    for (const listener of this.#listeners) listener.close();
    this.#listeners = [];
  }
}

function waysInOf(listeners: readonly ListenerInfo[]): NonNullable<ServerSnapshot["waysIn"]> {
  return listeners.flatMap(({ accepts, port }) => accepts.map((scheme) => ({ scheme, port })));
}

/** For streams that the program hands over: it decides itself what they may carry. */
const EVERY_WAY: ReadonlySet<ListenerWay> = new Set(LISTENER_WAYS);

/** Services of Flex take what `method` makes, too. */
const METHOD_TOOLS: MethodTools = {
  isChecked: (method) => isMethod(method),
  check: (name, method, parameters, registry) => checkArguments(name, method as Method<never>, parameters, registry),
  faultOf: (error) =>
    error instanceof CallError ? { code: error.code, description: error.description, data: error.info } : undefined,
};
