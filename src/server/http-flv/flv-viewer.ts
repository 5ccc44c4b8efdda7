import type { Broadcast } from "../../broadcast/broadcast.ts";
import type { Viewer, ViewerNotice } from "../../broadcast/viewer.ts";
import { ProtocolError } from "../../errors.ts";
import type { ByteStream, ByteStreamEvents } from "../../transport/byte-stream.ts";
import type { ServerConnection } from "../connections.ts";
import type { ServerContext } from "../context.ts";
import { describeBreak } from "../end-reasons.ts";
import type { HttpClient } from "../http-viewers.ts";
import type { ConnectionSnapshot } from "../snapshots.ts";
import type { FlvCarrier } from "./flv-carrier.ts";
import { FlvOutput, type FlvOutputPort } from "./flv-output.ts";
import type { FlvTarget } from "./flv-target.ts";

export type FlvViewerParts = {
  readonly context: ServerContext;
  readonly client: HttpClient;
  readonly protocol: "http-flv" | "ws-flv";
  readonly target: FlvTarget;
  readonly carrier: FlvCarrier;
  readonly broadcast: Broadcast;
  /** How long it waits for a broadcast that nobody publishes. */
  readonly waitMs: number;
};

/** When to come again, in seconds. */
const RETRY_AFTER = { "Retry-After": "5" };

/** Somebody who watches a broadcast as FLV: first waits for it, then gets tags until one of both ends. */
export class FlvViewer implements ServerConnection, FlvOutputPort, ByteStreamEvents {
  readonly id: string;
  readonly #parts: FlvViewerParts;
  readonly #startedAtMs: number;
  #viewer: Viewer | undefined;
  #stream: ByteStream | undefined;
  #isFinished = false;

  constructor(parts: FlvViewerParts) {
    this.#parts = parts;
    this.id = parts.client.id;
    this.#startedAtMs = parts.context.nowMs();
  }

  start(): void {
    const { context, broadcast, target, carrier } = this.#parts;
    context.connections.add(this);
    carrier.onGone(() => this.#finish("the client left"));
    const { wantsAudio, wantsVideo } = target;
    const output = new FlvOutput(broadcast, target, this, context.nowMs);
    const viewer = broadcast.joinFlv(output, { wantsAudio, wantsVideo, isFinal: true });
    this.#viewer = viewer;
    // Its connection may have broken with the first bytes.
    if (this.#isFinished) broadcast.leave(viewer);
  }

  tick(nowMs: number): void {
    if (this.#stream !== undefined || this.#isFinished) return;
    this.#viewer?.serve();
    const isOverdue = nowMs - this.#startedAtMs >= this.#parts.waitMs;
    if (this.#stream === undefined && isOverdue && this.#parts.broadcast.state === "idle") this.#refuseAbsent();
  }

  begin(): ByteStream | undefined {
    const { carrier, client } = this.#parts;
    const stream = carrier.begin(client.info.remoteAddress);
    if (stream === undefined) {
      carrier.refuse(503, "Ask for a stream on a connection of its own.");
      // Not now: the broadcast serves its viewers.
      queueMicrotask(() => this.#finish("the client asked for more than one connection carries"));
      return undefined;
    }
    this.#stream = stream;
    client.began();
    stream.start(this);
    return stream;
  }

  notify(notice: ViewerNotice): void {
    if (notice === "publish") return;
    if (this.#stream === undefined) this.#refuseAbsent();
    else this.#end("the broadcast is over");
  }

  closeSlow(blockedMs: number): void {
    const { context, client, protocol } = this.#parts;
    const error = new ProtocolError("viewer.slow", `the viewer took nothing for ${Math.round(blockedMs)} ms`);
    const { code, message, remedy } = error;
    const { id: connection, remoteAddress } = client.info;
    context.log.warn({ connection, remote: remoteAddress, code, remedy }, message);
    context.events.tell({
      kind: "connection-failed",
      level: "warning",
      text: message,
      broadcast: client.broadcastName,
      connection,
      remoteAddress,
      protocol,
      code,
    });
    this.#stream?.destroy();
    this.#finish(`${code}: ${message}`);
  }

  shutDown(): void {
    const reason = "the server shuts down";
    if (this.#stream === undefined) this.#refuse(503, "The server shuts down.", reason, RETRY_AFTER);
    else this.#end(reason);
  }

  kick(reason: string): void {
    const ended = `ended by an operator: ${reason}`;
    if (this.#stream === undefined) this.#refuse(403, reason, ended);
    else this.#end(ended);
  }

  destroy(): void {
    const reason = "the server stopped";
    if (this.#stream === undefined) return this.#refuse(503, "The server stops.", reason);
    this.#stream.destroy();
    this.#finish(reason);
  }

  snapshot(nowMs: number): ConnectionSnapshot {
    const { context, client, protocol, broadcast } = this.#parts;
    const { id, remoteAddress, flashVersion, app, user } = client.info;
    const viewing = this.#stream && this.#viewer;
    return {
      id,
      protocol,
      remoteAddress,
      client: flashVersion,
      app,
      ...(user !== undefined && { user }),
      connectedAtMs: context.timeOfDayMs() - (nowMs - this.#startedAtMs),
      publishing: [],
      playing: viewing === undefined ? [] : [{ broadcast: broadcast.name, ...viewing.standing }],
      receivedBytes: this.#stream?.bytesRead ?? 0,
      sentBytes: this.#stream?.bytesWritten ?? 0,
      unsentBytes: this.#stream?.unsentBytes ?? 0,
    };
  }

  /** Nothing that a viewer sends means anything. */
  onBytes(): void {}

  onDrain(): void {
    this.#viewer?.serve();
  }

  onEnd(): void {
    this.#finish("the client ended the connection");
  }

  onClose(error?: Error): void {
    this.#finish(error === undefined ? "the client closed the connection" : describeBreak(error));
  }

  #refuseAbsent(): void {
    this.#refuse(404, "Nobody publishes this broadcast now.", "nobody publishes that broadcast", RETRY_AFTER);
  }

  #refuse(status: number, text: string, reason: string, headers: Readonly<Record<string, string>> = {}): void {
    if (this.#isFinished) return;
    // First, or its own end would be the reason.
    this.#finish(reason);
    this.#parts.carrier.refuse(status, text, headers);
  }

  /** Sends what is left, and closes. */
  #end(reason: string): void {
    if (this.#isFinished) return;
    this.#stream?.close();
    this.#finish(reason);
  }

  #finish(reason: string): void {
    if (this.#isFinished) return;
    this.#isFinished = true;
    const { context, client, broadcast } = this.#parts;
    if (this.#viewer !== undefined) broadcast.leave(this.#viewer);
    client.left(reason, {
      receivedBytes: this.#stream?.bytesRead ?? 0,
      sentBytes: this.#stream?.bytesWritten ?? 0,
    });
    context.connections.delete(this);
  }
}
