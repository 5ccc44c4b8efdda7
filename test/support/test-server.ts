import { BroadcastDirectory } from "../../src/broadcast/directory.ts";
import type { ClientHandshakeForm } from "../../src/rtmp/handshake/client-handshake.ts";
import { broadcastOptionsOf } from "../../src/server/broadcast-options.ts";
import { Connections } from "../../src/server/connections.ts";
import type { ServerContext } from "../../src/server/context.ts";
import { EventLog } from "../../src/server/event-log.ts";
import type { ServerFeature } from "../../src/server/feature.ts";
import { Flusher } from "../../src/server/flusher.ts";
import type { Log } from "../../src/server/log.ts";
import { type MediaServerOptions, resolveOptions } from "../../src/server/options.ts";
import { RtmpConnection } from "../../src/server/rtmp/connection.ts";
import type { ByteStream } from "../../src/transport/byte-stream.ts";
import { memoryStreamPair } from "../../src/transport/memory-stream.ts";
import { RtmpPeer, settle } from "./rtmp-peer.ts";

/** Some day of 2026. */
const TIME_OF_DAY_MS = Date.UTC(2026, 0, 2, 3, 4, 5);

/** A server without listener, of which the test moves the clock. */
export class TestServer {
  nowMs = 1000;
  readonly log: string[] = [];
  readonly context: ServerContext;
  readonly connections: RtmpConnection[] = [];

  /** `features` makes what connections do beside streaming; it gets the log, and the clock that the test moves. */
  constructor(
    options: MediaServerOptions = {},
    features: (context: ServerContext) => readonly ServerFeature[] = () => [],
  ) {
    const nowMs = (): number => this.nowMs;
    const flusher = new Flusher(nowMs);
    const resolved = resolveOptions(options);
    const note =
      (level: string) =>
      (details: object, message: string): void => {
        this.log.push(`${level} ${message} ${JSON.stringify(details)}`);
      };
    const log: Log = { debug: note("debug"), info: note("info"), warn: note("warn"), error: note("error") };
    const directory = new BroadcastDirectory(
      broadcastOptionsOf(resolved, flusher.schedule),
      resolved.limits.maxBroadcasts,
    );
    const timeOfDayMs = (): number => TIME_OF_DAY_MS + this.nowMs;
    const context = {
      options: resolved,
      hooks: options.hooks ?? {},
      log,
      directory,
      connections: new Connections(resolved.limits),
      events: new EventLog(timeOfDayMs),
      nowMs,
      timeOfDayMs,
    };
    this.context = { ...context, features: features(context) };
  }

  connect(options: { readonly bufferBytes?: number; readonly handshake?: ClientHandshakeForm } = {}): RtmpPeer {
    return new RtmpPeer(this.accept(options), options.handshake);
  }

  /** The client's end of a new connection. */
  accept(options: { readonly bufferBytes?: number } = {}): ByteStream {
    const [near, far] = memoryStreamPair(options);
    const id = `${this.connections.length + 1}`;
    const connection = new RtmpConnection(this.context, near, id, () => {});
    this.connections.push(connection);
    connection.start();
    return far;
  }

  /** Moves the clock in steps of half a second, as the server's own ticks come. */
  async pass(durationMs: number): Promise<void> {
    for (const end = this.nowMs + durationMs; this.nowMs < end; ) {
      this.nowMs += 500;
      for (const connection of this.connections) connection.tick(this.nowMs);
      for (const feature of this.context.features ?? []) feature.tick?.(this.nowMs);
      this.context.directory.tick(this.nowMs);
      await settle();
    }
  }
}

/** A client that publishes on stream 1. */
export async function publisher(server: TestServer, key = "test", app = "live"): Promise<RtmpPeer> {
  const peer = server.connect();
  peer.connect(app);
  peer.command("createStream", 2, 0);
  peer.command("publish", 3, 1, key, "live");
  await settle();
  return peer;
}

/** A client that plays on stream 1. */
export async function player(
  server: TestServer,
  key = "test",
  app = "live",
  handshake: ClientHandshakeForm = "plain",
): Promise<RtmpPeer> {
  const peer = server.connect({ handshake });
  peer.connect(app);
  peer.command("createStream", 2, 0);
  peer.command("play", 3, 1, key, -2000);
  await settle();
  return peer;
}
