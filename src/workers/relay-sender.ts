import type { Broadcast } from "../broadcast/broadcast.ts";
import { LOG_STREAM_ID } from "../broadcast/log-form.ts";
import type { RelayOutput } from "../broadcast/relays.ts";
import type { Viewer, ViewerNotice } from "../broadcast/viewer.ts";
import type { Log } from "../server/log.ts";
import type { ByteStream } from "../transport/byte-stream.ts";
import { encodeLinkNotice, encodeLinkStart, type LinkNotice } from "./link-protocol.ts";

/** Notices are written whether the link takes them or not: a publisher may cause as many as it likes. */
export const MAX_WAITING_NOTICES_BYTES: number = 1024 * 1024;
/** How long the other process may take to read the last of it. */
const LAST_BYTES_MS = 5_000;

export type RelaySenderOptions = {
  /** Of the broadcast's log. */
  readonly chunkSize: number;
  readonly log: Log;
  /** Called once: nothing more of the broadcast is sent. */
  onEnded(relay: RelaySender): void;
};

/** Sends a broadcast by a link to another process: the bytes of its log as they are, and notices between them. */
export class RelaySender implements RelayOutput {
  readonly kind = "bytes";
  readonly streamId: number = LOG_STREAM_ID;
  readonly #stream: ByteStream;
  readonly #broadcast: Broadcast;
  readonly #chunkSize: number;
  readonly #options: RelaySenderOptions;
  #viewer: Viewer | undefined;
  #isAwake = false;
  #isEnding = false;
  #waitingNoticesBytes = 0;

  constructor(stream: ByteStream, broadcast: Broadcast, options: RelaySenderOptions) {
    const { chunkSize } = options;
    this.#options = options;
    this.#stream = stream;
    this.#broadcast = broadcast;
    this.#chunkSize = chunkSize;
    stream.write([encodeLinkStart(chunkSize)]);
    this.#viewer = broadcast.relay(this);
  }

  get isReady(): boolean {
    return this.#isEnding || this.#stream.unsentBytes === 0;
  }

  get unsentBytes(): number {
    return this.#stream.unsentBytes;
  }

  get takenBytes(): number {
    return this.#stream.bytesWritten - this.#stream.unsentBytes;
  }

  write(pieces: readonly Uint8Array[]): void {
    this.#stream.write(pieces);
  }

  /** That a publication begins is told by `started`, which comes for every one. */
  notify(notice: ViewerNotice): void {
    if (notice === "unpublish") this.#tell({ kind: "unpublished" });
  }

  started(): void {
    this.#tell({ kind: "started" });
  }

  cleared(name: string): void {
    this.#tell({ kind: "cleared", name });
  }

  /** Once for all that came in one read. */
  wake(): void {
    if (this.#isAwake) return;
    this.#isAwake = true;
    setImmediate(() => {
      this.#isAwake = false;
      this.#viewer?.serve();
    });
  }

  /** The other process has taken what was written. */
  drained(): void {
    this.#viewer?.serve();
  }

  closeSlow(blockedMs: number): void {
    const waitedMs = Math.round(blockedMs);
    this.#cut({ waitedMs });
  }

  /** Sends all that is left of the broadcast, says why no more comes, and closes. */
  end(notice: LinkNotice): void {
    if (this.#viewer === undefined) return;
    this.#isEnding = true;
    this.#viewer.serve();
    this.closed();
    this.#tell(notice);
    this.#stream.close(LAST_BYTES_MS);
  }

  /** The link is down. */
  closed(): void {
    if (this.#viewer === undefined) return;
    this.#broadcast.leave(this.#viewer);
    this.#viewer = undefined;
    this.#options.onEnded(this);
  }

  #cut(details: object): void {
    this.#options.log.warn({ broadcast: this.#broadcast.name, ...details }, "a link took nothing: it is closed");
    this.#stream.destroy();
  }

  #tell(notice: LinkNotice): void {
    const bytes = encodeLinkNotice(notice, this.#chunkSize);
    this.#stream.write([bytes]);
    this.#waitingNoticesBytes = this.#stream.unsentBytes === 0 ? 0 : this.#waitingNoticesBytes + bytes.length;
    if (this.#waitingNoticesBytes > MAX_WAITING_NOTICES_BYTES) this.#cut({ waitingBytes: this.#waitingNoticesBytes });
  }
}
