import type { BroadcastDirectory } from "../broadcast/directory.ts";
import type { Publication, Publisher } from "../broadcast/publication.ts";
import type { Log } from "../server/log.ts";
import type { ByteStream } from "../transport/byte-stream.ts";
import type { LinkNotice } from "./link-protocol.ts";
import { RelaySender } from "./relay-sender.ts";

/** A name that is published here, and the relays of it to others. */
type Home = {
  readonly relays: Set<RelaySender>;
  /** The id of the newest claim by which it is one. */
  claim: number;
  /** Ticks since it was claimed: whoever did so needs a moment to publish. */
  ticks: number;
};

export type Yielded =
  | { readonly kind: "refused"; readonly reason: string }
  /** With the publication that stands for the new publisher, where somebody watches here. */
  | { readonly kind: "yielded"; readonly publication?: Publication; readonly claim?: number };

export type HomesOptions = {
  readonly directory: BroadcastDirectory;
  readonly chunkSize: number;
  readonly log: Log;
  nowMs(): number;
};

/** Whoever has claimed a name publishes it before the second tick, if at all. */
const TICKS_TO_PUBLISH = 1;
/** How soon a home looks again whether its client publishes. */
const SETTLING_MS = 20;

const ELSEWHERE: LinkNotice = { kind: "elsewhere" };
const UNPUBLISHED: LinkNotice = { kind: "unpublished" };

/** The broadcasts of which this process is the home. */
export class Homes {
  readonly #options: HomesOptions;
  readonly #homes = new Map<string, Home>();

  constructor(options: HomesOptions) {
    this.#options = options;
  }

  has(name: string): boolean {
    return this.#homes.has(name);
  }

  /** The claim with that id was allowed. */
  add(name: string, claim: number): void {
    const home = this.#homes.get(name) ?? { relays: new Set(), claim, ticks: 0 };
    this.#homes.set(name, Object.assign(home, { claim, ticks: 0 }));
  }

  /** A client wants to publish what is at home here: it has a moment to do so. False where it is not. */
  claimAgain(name: string): boolean {
    const home = this.#homes.get(name);
    if (home !== undefined) home.ticks = 0;
    return home !== undefined;
  }

  /** Sends a broadcast by a link that another process has made; undefined where it is not at home here. */
  relay(name: string, stream: ByteStream): RelaySender | undefined {
    const { directory, chunkSize, log } = this.#options;
    const home = this.#homes.get(name);
    const broadcast = home && directory.open(name, "watch");
    if (home === undefined || broadcast === undefined) return undefined;
    const relay = new RelaySender(stream, broadcast, { chunkSize, log, onEnded: (ended) => home.relays.delete(ended) });
    home.relays.add(relay);
    return relay;
  }

  /** Names that nobody publishes here any more, grace time over: they are given up, once all was relayed. */
  takeIdle(): readonly { readonly name: string; readonly claim: number }[] {
    const idle: { name: string; claim: number }[] = [];
    for (const [name, home] of this.#homes) {
      const isIdle = (this.#options.directory.get(name)?.state ?? "idle") === "idle";
      if (++home.ticks > TICKS_TO_PUBLISH && isIdle) idle.push({ name, claim: home.claim });
    }
    for (const { name } of idle) this.#leave(name, UNPUBLISHED);
    return idle;
  }

  /** A publisher in another process wants the name: the rules for busy names decide, at once or later. */
  yield(name: string, publisher: Publisher, decided: (result: Yielded) => void): void {
    this.#yield(name, this.#homes.get(name), publisher, decided);
  }

  #yield(
    name: string,
    home: Home | undefined,
    publisher: Publisher,
    decided: (result: Yielded) => void,
    waitingSinceMs?: number,
  ): void {
    // It may have been given up meanwhile, and even have come back.
    if (home === undefined || this.#homes.get(name) !== home) return decided({ kind: "yielded" });
    const { directory, nowMs } = this.#options;
    const again = (delayMs: number, sinceMs?: number): void => {
      setTimeout(() => this.#yield(name, home, publisher, decided, sinceMs), delayMs).unref();
    };
    const broadcast = directory.get(name);
    if (broadcast === undefined || broadcast.state === "idle") {
      if (home.ticks < TICKS_TO_PUBLISH) return again(SETTLING_MS);
      this.#leave(name, UNPUBLISHED);
      return decided({ kind: "yielded", claim: home.claim });
    }
    const result = broadcast.publish(publisher, nowMs(), waitingSinceMs);
    if (result.kind === "undecided") return again(result.retryInMs, waitingSinceMs ?? nowMs());
    if (result.kind === "refused") return decided(result);
    this.#leave(name, ELSEWHERE);
    const { claim } = home;
    if (broadcast.isWatched) return decided({ kind: "yielded", publication: result.publication, claim });
    result.publication.end("unpublished", nowMs());
    decided({ kind: "yielded", claim });
  }

  #leave(name: string, notice: LinkNotice): void {
    const home = this.#homes.get(name);
    this.#homes.delete(name);
    for (const relay of home?.relays ?? []) relay.end(notice);
  }
}
