import type { Broadcast } from "../../broadcast/broadcast.ts";
import type { NetworkConduct } from "../../broadcast/health/health-facts.ts";
import type { Publication, Publisher } from "../../broadcast/publication.ts";
import { TOO_MANY_BROADCASTS } from "../../broadcast/refusals.ts";
import type { Viewer, ViewerNotice, ViewerOutput } from "../../broadcast/viewer.ts";
import { encodeUtf8 } from "../../bytes/utf8.ts";
import type { MediaMessage } from "../../formats/flv/media-message.ts";
import type { PlayEvent, PublishEvent } from "../../rtmp/session/server-events.ts";
import type { ServerSession } from "../../rtmp/session/server-session.ts";
import { broadcastNameOf } from "../broadcast-name.ts";
import type { ConnectionTally } from "../connection-tally.ts";
import type { ServerContext } from "../context.ts";
import { ALLOW, type ConnectionInfo, type Decision, type StreamRequest, tellApplication } from "../hooks.ts";
import { PublisherHealth } from "../publisher-health.ts";
import type { ClientProtocol, ViewingSnapshot } from "../snapshots.ts";
import { type StreamEventKind, streamEvent } from "../stream-event.ts";
import type { StreamNames } from "./close-line.ts";
import { schemeOf } from "./connection-snapshot.ts";
import { conductOf } from "./network-conduct.ts";
import { InterleavedOutput, SharedOutput, type ViewerPort } from "./viewer-outputs.ts";

/** What the streams of a client need of its connection. */
export type ConnectionPort = ViewerPort & {
  readonly info: ConnectionInfo;
  /** Sends what the session has queued. */
  sendReplies(): void;
  /** Reads what has come by now. */
  readOn(): void;
  /** What a client must know, or prove, before it plays. Throws when it never can. */
  preparePlay(): void;
  /** Puts a decision to work: at once, or when its promise settles; until then nothing more of the client is read. */
  ask(question: () => Decision | Promise<Decision> | undefined, decided: (decision: Decision) => void): void;
  /** Runs what another connection or the clock has caused: where it fails, this client's connection ends, and nobody else's. */
  guard(work: () => void): void;
  /** Ends the connection when the client had time to read its last answers. */
  close(reason: string, lastWords: () => void): void;
};

type PublishedStream = {
  readonly streamId: number;
  readonly broadcast: Broadcast;
  readonly publication: Publication;
  readonly health: PublisherHealth;
};
type PlayedStream = { readonly broadcast: Broadcast; readonly viewer: Viewer };

/** A publisher is pinged so many times as often as one that is silent: its round trip is part of its health. */
const PUBLISHER_PINGS = 3;
/** Names that the log tells of one connection. */
const MAX_LOGGED_NAMES = 16;
/** Tracks, and changes of them, that the log tells of one publication. */
const MAX_LOGGED_TRACKS = 32;

const NO_NAMES: StreamNames = { published: [], played: [] };

/** What one client publishes and plays, by message stream id. */
export class ClientStreams {
  readonly #context: ServerContext;
  readonly #session: ServerSession;
  readonly #port: ConnectionPort;
  /** Made for the first: most clients never publish. */
  #published: Map<number, PublishedStream> | undefined;
  /** The one that was written to last. */
  #writing: PublishedStream | undefined;
  readonly #played = new Map<number, PlayedStream>();
  /** The stream for which the application decides now. */
  #undecided: number | undefined;
  /** The first names, for the line that the connection leaves in the log. */
  names: StreamNames = NO_NAMES;

  constructor(context: ServerContext, session: ServerSession, port: ConnectionPort) {
    this.#context = context;
    this.#session = session;
    this.#port = port;
  }

  get isPublishing(): boolean {
    return this.#published !== undefined && this.#published.size > 0;
  }

  get publishedNames(): readonly string[] {
    return Array.from(this.#published?.values() ?? [], ({ broadcast }) => broadcast.name);
  }

  /** Who watches what, for people. */
  viewings(): readonly ViewingSnapshot[] {
    return Array.from(this.#played.values(), ({ broadcast, viewer }) => ({
      broadcast: broadcast.name,
      ...viewer.standing,
    }));
  }

  /** The same for counts, of thousands at a time. */
  tally(tally: ConnectionTally, protocol: ClientProtocol): void {
    for (const { broadcast } of this.#played.values()) tally.watches(broadcast.name, protocol);
  }

  /** Somebody gets what it publishes. */
  get isWatched(): boolean {
    for (const { broadcast } of this.#published?.values() ?? []) if (broadcast.hasAudience) return true;
    return false;
  }

  /** The message streams in use. */
  get ids(): readonly number[] {
    const undecided = this.#undecided === undefined ? [] : [this.#undecided];
    return [...new Set([...(this.#published?.keys() ?? []), ...this.#played.keys(), ...undecided])];
  }

  /** The hot path of a publisher. Media on a stream that does not publish is dropped. */
  write(streamId: number, message: MediaMessage, nowMs: number): void {
    if (this.#writing?.streamId !== streamId) this.#writing = this.#published?.get(streamId);
    this.#writing?.publication.write(message, nowMs);
  }

  /** Call about twice a second while it publishes. */
  tick(nowMs: number): void {
    for (const { health } of this.#published?.values() ?? []) health.tick(nowMs);
  }

  clearData(streamId: number, name: string): void {
    this.#published?.get(streamId)?.publication.clearData(name);
  }

  publish(event: PublishEvent): void {
    const request = this.#requestFor(event);
    if ("refusal" in request) return this.#refusePublish(event.streamId, request.refusal, undefined);
    this.#undecided = event.streamId;
    this.#port.ask(
      () => this.#context.hooks.onPublish?.(request),
      (decision) => {
        this.#undecided = undefined;
        if (!decision.allow) return this.#refusePublish(event.streamId, decision.reason, request.broadcastName);
        this.#claim(event.streamId, decision.broadcastName ?? request.broadcastName);
      },
    );
  }

  play(event: PlayEvent): void {
    const request = this.#requestFor(event);
    if ("refusal" in request) return this.#refusePlay(event.streamId, request.refusal, undefined);
    this.#undecided = event.streamId;
    this.#port.ask(
      () => this.#context.hooks.onPlay?.(request),
      (decision) => {
        if (decision.allow) return this.#watch(event, decision.broadcastName ?? request.broadcastName);
        this.#refusePlay(event.streamId, decision.reason, request.broadcastName);
        this.#undecided = undefined;
      },
    );
  }

  want(streamId: number, kind: "audio" | "video", isWanted: boolean): void {
    this.#played.get(streamId)?.viewer.want(kind, isWanted);
  }

  pause(streamId: number, isPaused: boolean): void {
    const played = this.#played.get(streamId);
    if (played === undefined) return;
    // The answer first: media must not come between a resume and its status.
    this.#port.sendReplies();
    if (isPaused) played.viewer.pause();
    else played.broadcast.resume(played.viewer);
  }

  /** The client takes bytes again. */
  drained(): void {
    for (const { viewer } of this.#played.values()) viewer.serve();
    // The first may have filled the connection again: it is the last the next time.
    const [first] = this.#played;
    if (first === undefined || this.#played.size === 1) return;
    this.#played.delete(first[0]);
    this.#played.set(...first);
  }

  unpublish(streamId: number, end: "unpublished" | "lost", reason: string): void {
    const published = this.#published?.get(streamId);
    if (published === undefined) return;
    this.#published?.delete(streamId);
    this.#writing = undefined;
    const { publication, broadcast, health } = published;
    const nowMs = this.#context.nowMs();
    const wasReplaced = publication.isOver;
    publication.end(end, nowMs);
    if (!this.isPublishing) this.#port.wire.pingEveryMs = undefined;
    const { hooks, log } = this.#context;
    const { receivedMessages, timeline } = broadcast.counters;
    const { viewerCount: viewers, name } = broadcast;
    const mended = Object.entries(timeline).filter(([, count]) => count > 0);
    const { id: connection } = this.#port.info;
    const line = { connection, broadcast: name, end, viewers, receivedMessages, ...health.inLog(nowMs) };
    log.info(mended.length === 0 ? line : { ...line, mended: Object.fromEntries(mended) }, reason);
    const isAwaited = !wasReplaced && broadcast.state === "waiting";
    this.#tell(isAwaited ? "publisher-lost" : "publish-end", name, reason);
    tellApplication(log, () => hooks.onPublishEnd?.(name, this.#port.info, reason));
  }

  stopPlaying(streamId: number, reason: string): void {
    const played = this.#played.get(streamId);
    if (played === undefined) return;
    this.#played.delete(streamId);
    played.broadcast.leave(played.viewer);
    const { hooks, log } = this.#context;
    const { name } = played.broadcast;
    this.#tell("play-end", name, reason);
    tellApplication(log, () => hooks.onPlayEnd?.(name, this.#port.info, reason));
  }

  /** Ends every publication on purpose: nobody waits whether the publisher comes back. */
  unpublishAll(reason: string): void {
    for (const streamId of this.#published?.keys() ?? []) this.unpublish(streamId, "unpublished", reason);
  }

  /** The server goes: publications end in order, viewers are told. */
  shutDown(reason: string): void {
    this.unpublishAll(reason);
    for (const streamId of this.#played.keys()) this.#session.notifyStop(streamId);
  }

  /** The connection is gone: its viewers leave, and its publications may come back within the grace time. */
  endAll(reason: string): void {
    for (const streamId of this.#published?.keys() ?? []) this.unpublish(streamId, "lost", reason);
    for (const streamId of this.#played.keys()) this.stopPlaying(streamId, reason);
  }

  /**
   * Where the server runs in several processes, the name must be free in all of them, and still be when it is asked for
   * here: another process may get it meanwhile.
   */
  #claim(streamId: number, broadcastName: string, waitingSinceMs?: number): void {
    const claimed = this.#context.pool?.claim(broadcastName, this.#port.info.remoteAddress);
    if (claimed === undefined) return this.#startPublication(streamId, broadcastName, waitingSinceMs);
    this.#undecided = streamId;
    this.#port.ask(
      () => claimed,
      (decision) => {
        this.#undecided = undefined;
        if (decision.allow) this.#claim(streamId, broadcastName, waitingSinceMs);
        else this.#refusePublish(streamId, decision.reason, broadcastName);
      },
    );
  }

  /** Waits, where the publisher is in another process, for what it sends. */
  #watch(event: PlayEvent, broadcastName: string): void {
    const play = (): void => {
      this.#startPlaying(event, broadcastName);
      this.#undecided = undefined;
    };
    const watched = this.#context.pool?.watch(broadcastName);
    if (watched === undefined) play();
    else this.#port.ask(() => watched.then(() => ALLOW), play);
  }

  #startPublication(streamId: number, broadcastName: string, waitingSinceMs?: number): void {
    const { directory, nowMs, log } = this.#context;
    const { id, remoteAddress, flashVersion } = this.#port.info;
    const broadcast = directory.open(broadcastName, "publish");
    if (broadcast === undefined) return this.#refusePublish(streamId, TOO_MANY_BROADCASTS, broadcastName);
    // It may replace another stream of this connection, which must not be closed then.
    this.#undecided = streamId;
    const health = this.#healthOf(broadcastName);
    const publisher = this.#publisherOf(streamId, broadcastName, health);
    const result = broadcast.publish(publisher, nowMs(), waitingSinceMs);
    this.#undecided = undefined;
    if (result.kind === "refused") return this.#refusePublish(streamId, result.reason, broadcastName);
    if (result.kind === "undecided") {
      return this.#retryPublication(streamId, broadcastName, result.retryInMs, waitingSinceMs ?? nowMs());
    }
    this.#noteName("published", broadcastName);
    this.#published ??= new Map();
    this.#published.set(streamId, { streamId, broadcast, publication: result.publication, health });
    this.#writing = undefined;
    this.#port.wire.pingEveryMs = this.#context.options.timeouts.pingIntervalMs / PUBLISHER_PINGS;
    this.#session.acceptPublish(streamId);
    const text = result.isReturn ? "the publisher is back" : "publishing";
    log.info({ connection: id, remote: remoteAddress, broadcast: broadcastName, flashVersion }, text);
    this.#tell(result.isReturn ? "publisher-returned" : "publish", broadcastName);
  }

  /** Leaves the client waiting: its present publisher may be dead, or send the next picture in a moment. */
  #retryPublication(streamId: number, broadcastName: string, retryInMs: number, waitingSinceMs: number): void {
    this.#undecided = streamId;
    this.#port.ask(
      () => new Promise((resolve) => setTimeout(resolve, retryInMs, ALLOW)),
      () => {
        this.#undecided = undefined;
        this.#claim(streamId, broadcastName, waitingSinceMs);
      },
    );
  }

  #healthOf(broadcast: string): PublisherHealth {
    const { info, wire } = this.#port;
    const { id: connection, remoteAddress } = info;
    const { windowAcknowledgementSize } = this.#context.options;
    const network = (): NetworkConduct => conductOf(wire, windowAcknowledgementSize);
    return new PublisherHealth(this.#context, {
      connection,
      remoteAddress,
      protocol: schemeOf(info),
      broadcast,
      network,
    });
  }

  #publisherOf(streamId: number, broadcast: string, health: PublisherHealth): Publisher {
    const { log } = this.#context;
    const { id: connection, remoteAddress: remote } = this.#port.info;
    let loggedTracks = 0;
    return {
      description: remote,
      connection,
      health: health.meter,
      watched: () => this.#port.readOn(),
      replaced: (by) => {
        log.info({ connection, remote, broadcast, by: by.description }, "replaced by another publisher");
        this.#endPublish(
          streamId,
          `Another publisher took over ${broadcast}. Stop one of the two, or use another key.`,
        );
      },
      track: ({ kind, trackId, codec }) => {
        if (loggedTracks++ < MAX_LOGGED_TRACKS) log.info({ connection, broadcast, kind, trackId }, codec.text);
      },
    };
  }

  #startPlaying({ streamId, wantsAudio, wantsVideo }: PlayEvent, broadcastName: string): void {
    const { directory, log } = this.#context;
    const { id, remoteAddress } = this.#port.info;
    this.stopPlaying(streamId, "played something else");
    this.#port.preparePlay();
    const broadcast = directory.open(broadcastName, "watch");
    if (broadcast === undefined) return this.#refusePlay(streamId, TOO_MANY_BROADCASTS, broadcastName);
    this.#session.acceptPlay(streamId, { hasPublisher: broadcast.state === "live" });
    // The answers go out before the first media byte: rtmpdump throws away what comes earlier (docs/interop.md).
    this.#port.sendReplies();
    const viewer = broadcast.join(this.#outputFor(streamId), { wantsAudio, wantsVideo });
    this.#noteName("played", broadcastName);
    this.#played.set(streamId, { broadcast, viewer });
    log.info({ connection: id, remote: remoteAddress, broadcast: broadcastName }, "playing");
    this.#tell("play", broadcastName);
  }

  #requestFor(event: PublishEvent | PlayEvent): StreamRequest | { readonly refusal: string } {
    const { info } = this.#port;
    const { maxNameBytes, maxQueryBytes } = this.#context.options.limits;
    const result = broadcastNameOf(info.app, event.name, maxNameBytes);
    if ("refusal" in result) return result;
    if (event.query.length > maxQueryBytes || encodeUtf8(event.query).length > maxQueryBytes) {
      return { refusal: `The stream key's query is longer than ${maxQueryBytes} bytes.` };
    }
    return { connection: info, broadcastName: result.name, streamKey: event.name, query: event.query };
  }

  #refusePublish(streamId: number, reason: string, broadcast: string | undefined): void {
    this.#tell("publish-refused", broadcast, reason);
    this.#endPublish(streamId, reason, "refused to publish: ");
  }

  /**
   * An encoder shows the reason, which stands in the log behind `before`. A connection with no other stream is closed,
   * because some wait for ever otherwise: docs/interop.md.
   */
  #endPublish(streamId: number, reason: string, before = ""): void {
    const refuse = (): void => void this.#session.rejectPublish(streamId, { description: reason });
    if (!this.#isUsedBeside(streamId)) return this.#port.close(`${before}${reason}`, refuse);
    this.#port.guard(() => {
      refuse();
      this.#port.sendReplies();
    });
    this.unpublish(streamId, "lost", reason);
  }

  #isUsedBeside(streamId: number): boolean {
    return this.ids.some((id) => id !== streamId);
  }

  #refusePlay(streamId: number, reason: string, broadcast: string | undefined): void {
    this.#tell("play-refused", broadcast, reason);
    this.stopPlaying(streamId, reason);
    this.#session.rejectPlay(streamId, { description: reason });
  }

  #outputFor(streamId: number): ViewerOutput {
    const { interleave, maxLagBytes } = this.#context.options.play;
    const notify = (notice: ViewerNotice): void => this.#notify(streamId, notice);
    return interleave === "chunk"
      ? new InterleavedOutput(this.#port, streamId, notify, maxLagBytes)
      : new SharedOutput(this.#port, streamId, notify);
  }

  #notify(streamId: number, notice: ViewerNotice): void {
    this.#port.guard(() => {
      if (notice === "publish") this.#session.notifyPublish(streamId);
      else this.#session.notifyUnpublish(streamId);
      this.#port.sendReplies();
    });
  }

  #tell(kind: StreamEventKind, broadcast: string | undefined, reason?: string): void {
    const { info } = this.#port;
    const why = reason === undefined ? {} : { reason };
    this.#context.events.tell(streamEvent(kind, { info, protocol: schemeOf(info), broadcast, ...why }));
  }

  #noteName(kind: keyof StreamNames, name: string): void {
    const known = this.names[kind];
    if (known.length >= MAX_LOGGED_NAMES || known.includes(name)) return;
    this.names = { ...this.names, [kind]: known.concat(name) };
  }
}
