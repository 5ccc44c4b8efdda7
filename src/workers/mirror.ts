import { connect } from "node:net";
import type { BroadcastDirectory } from "../broadcast/directory.ts";
import type { Publication, Publisher } from "../broadcast/publication.ts";
import type { Log } from "../server/log.ts";
import { socketStream } from "../transport/socket-stream.ts";
import type { LinkEvent } from "./link-protocol.ts";
import type { Home } from "./messages.ts";
import { RelayReceiver } from "./relay-receiver.ts";

export type MirrorOptions = {
  readonly name: string;
  /** Of what stands for the other process among the publishers here. */
  readonly description: string;
  readonly directory: BroadcastDirectory;
  readonly maxMessageBytes: number;
  readonly log: Log;
  nowMs(): number;
  /** A client of this process has taken the name: the mirror is over. */
  onReplaced(): void;
};

/** How long a viewer waits at most for what is published elsewhere, before it waits as for a name that nobody publishes. */
export const WATCH_TIMEOUT_MS = 2_000;
/** Without anybody who watches it a mirror ends after this. */
export const UNWATCHED_MS = 5_000;
/** From a link that was lost, or refused, to the next attempt; and where something was wrong with it. */
const RETRY_MS = 100;
const RETRY_AFTER_ERROR_MS = 2_000;
/** How long the old home may take for its last words before the new one is asked. */
const LAST_WORDS_MS = 1_000;
/** How long a publication lives between two homes before it counts as lost. */
const BETWEEN_HOMES_MS = 2_000;

type KnownHome = Exclude<Home, undefined>;

/** What another process publishes, fed into the broadcast of the same name here. */
export class Mirror {
  readonly #options: MirrorOptions;
  /** What stands for the other process among the publishers here. */
  readonly publisher: Publisher;
  #publication: Publication | undefined;
  /** Where the supervisor says that it is. */
  #home: Home;
  #link: RelayReceiver | undefined;
  #linkedTo: KnownHome | undefined;
  #timer: NodeJS.Timeout | undefined;
  /** Since when no link brings the publication, which is not over. */
  #betweenHomesSinceMs: number | undefined;
  #unwatchedSinceMs: number | undefined;
  #settled: PromiseWithResolvers<void> | undefined;
  #isClosed = false;

  constructor(options: MirrorOptions) {
    this.#options = options;
    this.publisher = {
      description: options.description,
      isRelay: true,
      replaced: (by) => {
        if (by !== this.publisher) options.onReplaced();
      },
    };
    this.#expect();
  }

  /** Resolves when it is known whether anything comes, or after a time; undefined if it is. */
  get settled(): Promise<void> | undefined {
    return this.#settled?.promise;
  }

  /** Takes over a publication of the old home, which was here, until the new one goes on with it. */
  adopt(publication: Publication): void {
    this.#publication = publication;
    this.#betweenHomesSinceMs = this.#options.nowMs();
  }

  /** Where it is published from now on; undefined for nowhere. What is on its way from an old home still counts. */
  setHome(home: Home): void {
    if (this.#isClosed) return;
    const isSame = home !== undefined && home.link === this.#linkedTo?.link;
    this.#home = home;
    clearTimeout(this.#timer);
    if (home === undefined) {
      if (this.#link === undefined) this.#settle();
    } else if (this.#link === undefined) {
      this.#expect();
      this.#connect(home);
    } else if (!isSame) {
      this.#expect();
      this.#timer = setTimeout(() => this.#link?.close(), LAST_WORDS_MS).unref();
    }
  }

  /** False when it has not been watched for so long that it may end. */
  tick(nowMs: number): boolean {
    const since = this.#betweenHomesSinceMs;
    if (since !== undefined && nowMs - since > BETWEEN_HOMES_MS) this.#end("lost");
    const { directory, name } = this.#options;
    const isWatched = this.#settled !== undefined || directory.get(name)?.isWatched === true;
    if (isWatched) this.#unwatchedSinceMs = undefined;
    else this.#unwatchedSinceMs ??= nowMs;
    return nowMs - (this.#unwatchedSinceMs ?? nowMs) <= UNWATCHED_MS;
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    clearTimeout(this.#timer);
    this.#link?.close();
    this.#end("unpublished");
    this.#settle();
  }

  #connect(home: KnownHome): void {
    const { name, maxMessageBytes, log } = this.#options;
    const stream = socketStream(connect({ path: home.link, allowHalfOpen: true }), `worker ${home.worker}`);
    this.#linkedTo = home;
    this.#link = new RelayReceiver(stream, name, maxMessageBytes, {
      onEvent: (event) => this.#receive(event),
      onClosed: (error) => {
        if (error !== undefined) log.warn({ broadcast: name, worker: home.worker, ...error }, "a link broke");
        this.#unlink(error === undefined ? RETRY_MS : RETRY_AFTER_ERROR_MS);
      },
    });
  }

  #receive(event: LinkEvent): void {
    const nowMs = this.#options.nowMs();
    switch (event.kind) {
      case "media":
        return this.#publication?.write(event.message, nowMs);
      case "cleared":
        return this.#publication?.clearData(event.name);
      case "started":
        return this.#publish(nowMs);
      case "unpublished":
        this.#end("unpublished");
        return this.#settle();
      case "elsewhere":
        if (this.#publication !== undefined) this.#betweenHomesSinceMs = nowMs;
    }
  }

  #publish(nowMs: number): void {
    const { directory, name } = this.#options;
    const result = directory.open(name, "publish")?.publish(this.publisher, nowMs);
    // Otherwise a client here has it, or there are too many broadcasts.
    if (result?.kind === "accepted") this.#publication = result.publication;
    this.#betweenHomesSinceMs = undefined;
    this.#settle();
  }

  #unlink(retryMs: number): void {
    const from = this.#linkedTo;
    this.#link = undefined;
    this.#linkedTo = undefined;
    if (this.#isClosed) return;
    if (this.#betweenHomesSinceMs === undefined) this.#end("lost");
    const home = this.#home;
    clearTimeout(this.#timer);
    if (home === undefined) this.#settle();
    else if (home.link !== from?.link) this.#connect(home);
    else this.#timer = setTimeout(() => this.#connect(home), retryMs).unref();
  }

  #end(reason: "unpublished" | "lost"): void {
    this.#publication?.end(reason, this.#options.nowMs());
    this.#publication = undefined;
    this.#betweenHomesSinceMs = undefined;
  }

  #expect(): void {
    if (this.#settled !== undefined || this.#publication !== undefined) return;
    const settled = Promise.withResolvers<void>();
    this.#settled = settled;
    setTimeout(() => {
      if (this.#settled === settled) this.#settle();
    }, WATCH_TIMEOUT_MS).unref();
  }

  #settle(): void {
    this.#settled?.resolve();
    this.#settled = undefined;
  }
}
