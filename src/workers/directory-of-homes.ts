import { nameInUse, TOO_MANY_BROADCASTS } from "../broadcast/refusals.ts";
import type { Home, LinkPath, SupervisorMessage, WorkerMessage } from "./messages.ts";

export type DirectoryOfHomesOptions = {
  /** Names that are published at a time, in all workers. */
  readonly maxBroadcasts: number;
  /** How long a worker may take to say whether it yields a name. */
  readonly yieldMs: number;
  /** Tells a worker something. Must not call the directory before it returns. */
  send(worker: number, message: SupervisorMessage): void;
};

/** A worker waits to hear whether it may publish. */
type Claim = {
  readonly worker: number;
  readonly id: number;
  readonly publisher: string;
  /** The worker has died since. */
  isGone: boolean;
};

/** The home was asked to yield. */
type Question = { readonly id: number; readonly worker: number; readonly deadlineMs: number };

type Entry = {
  readonly name: string;
  home: number | undefined;
  /** By which claim the home is one. */
  claimId: number | undefined;
  readonly watchers: Set<number>;
  /** In order. A question is about the first. */
  readonly claims: Claim[];
  question: Question | undefined;
};

/** What a home says of a question. */
type Yielded = Omit<Extract<WorkerMessage, { readonly kind: "yielded" }>, "kind">;

/** Claims of one name that wait; a further one is refused. */
export const MAX_WAITING_CLAIMS = 100;

/**
 * Which worker publishes which name, and who wants to know. Claims of a name are decided one after another, so it never has
 * two homes. Answers that come late, and what workers say of names that are theirs no more, harm nothing.
 */
export class DirectoryOfHomes {
  readonly #options: DirectoryOfHomesOptions;
  readonly #links = new Map<number, LinkPath>();
  readonly #entries = new Map<string, Entry>();
  /** What has been asked and not answered, in time or not. */
  readonly #asked = new Map<number, { readonly worker: number; readonly entry: Entry }>();
  #size = 0;
  #questionsSoFar = 0;

  constructor(options: DirectoryOfHomesOptions) {
    this.#options = options;
  }

  /** Names that are published. */
  get size(): number {
    return this.#size;
  }

  homeOf(name: string): Home {
    return this.#describe(this.#entries.get(name)?.home);
  }

  /** A worker takes part from now on. */
  add(worker: number, link: LinkPath): void {
    this.#links.set(worker, link);
  }

  /** A worker has died: nothing is at home there, and it waits for nothing. */
  remove(worker: number, nowMs: number): void {
    this.#links.delete(worker);
    for (const [id, asked] of this.#asked) if (asked.worker === worker) this.#asked.delete(id);
    for (const entry of this.#entries.values()) {
      const before = entry.home;
      entry.watchers.delete(worker);
      for (const claim of entry.claims) if (claim.worker === worker) claim.isGone = true;
      if (entry.question?.worker === worker) entry.question = undefined;
      if (before === worker) this.#setHome(entry, undefined);
      this.#settle(entry, before, worker, nowMs);
    }
  }

  /** Is answered at once, or when the present home has decided. */
  claim(worker: number, claim: { id: number; name: string; publisher: string }, nowMs: number): void {
    const { id, name, publisher } = claim;
    const entry = this.#open(name);
    if (entry.claims.length >= MAX_WAITING_CLAIMS) return this.#answer(worker, id, nameInUse(name));
    entry.claims.push({ worker, id, publisher, isGone: false });
    this.#settle(entry, entry.home, worker, nowMs);
  }

  /** The home of a name publishes it no more. Nothing happens where it does not know yet of its newest claim. */
  release(worker: number, name: string, claimId: number | undefined, nowMs: number): void {
    const entry = this.#entries.get(name);
    if (entry === undefined || entry.home !== worker) return;
    if (claimId !== undefined && claimId !== entry.claimId) return;
    // What it will still answer is about a publication that is over.
    if (entry.question !== undefined) this.#asked.delete(entry.question.id);
    entry.question = undefined;
    this.#setHome(entry, undefined);
    this.#settle(entry, worker, worker, nowMs);
  }

  /** The home has decided whether it yields. */
  yielded(worker: number, { id, refusal, claim }: Yielded, nowMs: number): void {
    const asked = this.#asked.get(id);
    if (asked?.worker !== worker) return;
    this.#asked.delete(id);
    const { entry } = asked;
    // Too late for whoever claimed it, perhaps, but it is over there.
    if (refusal === undefined) return this.release(worker, entry.name, claim, nowMs);
    if (entry.question?.id !== id) return;
    this.#refuseFirst(entry, refusal);
    this.#settle(entry, worker, worker, nowMs);
  }

  watch(worker: number, id: number, name: string): void {
    const entry = this.#open(name);
    entry.watchers.add(worker);
    const home = this.#describe(entry.home);
    this.#options.send(worker, { kind: "answer", id, ...(home && { home }) });
  }

  unwatch(worker: number, name: string): void {
    const entry = this.#entries.get(name);
    entry?.watchers.delete(worker);
    if (entry !== undefined) this.#forgetUnused(entry);
  }

  /** Refuses what has waited too long for a home that says nothing. */
  tick(nowMs: number): void {
    for (const { entry } of [...this.#asked.values()]) {
      if (entry.question === undefined || nowMs < entry.question.deadlineMs) continue;
      this.#refuseFirst(entry, nameInUse(entry.name));
      this.#settle(entry, entry.home, entry.home, nowMs);
    }
  }

  #open(name: string): Entry {
    const found = this.#entries.get(name);
    if (found !== undefined) return found;
    const entry: Entry = {
      name,
      home: undefined,
      claimId: undefined,
      watchers: new Set(),
      claims: [],
      question: undefined,
    };
    this.#entries.set(name, entry);
    return entry;
  }

  /** After a change by the worker `by`: decides the claims that can be decided, and tells who watches. */
  #settle(entry: Entry, before: number | undefined, by: number | undefined, nowMs: number): void {
    this.#decide(entry, nowMs);
    const { name, home } = entry;
    const described = this.#describe(home);
    for (const watcher of home === before ? [] : entry.watchers) {
      const knows = watcher === (home ?? by);
      if (!knows) this.#options.send(watcher, { kind: "home", name, ...(described && { home: described }) });
    }
    this.#forgetUnused(entry);
  }

  #decide(entry: Entry, nowMs: number): void {
    while (entry.question === undefined) {
      const [claim] = entry.claims;
      if (claim === undefined) return;
      const isElsewhere = entry.home !== undefined && entry.home !== claim.worker;
      if (isElsewhere && !claim.isGone) return this.#ask(entry, claim, nowMs);
      entry.claims.shift();
      if (!claim.isGone) this.#allow(entry, claim);
    }
  }

  #ask(entry: Entry, { publisher }: Claim, nowMs: number): void {
    const { name, home } = entry;
    if (home === undefined) return;
    const id = ++this.#questionsSoFar;
    entry.question = { id, worker: home, deadlineMs: nowMs + this.#options.yieldMs };
    this.#asked.set(id, { worker: home, entry });
    this.#options.send(home, { kind: "yield", id, name, publisher });
  }

  /** Nobody else is at home. */
  #allow(entry: Entry, { worker, id }: Claim): void {
    const isFull = entry.home === undefined && this.#size >= this.#options.maxBroadcasts;
    if (isFull) return this.#answer(worker, id, TOO_MANY_BROADCASTS);
    this.#setHome(entry, worker);
    entry.claimId = id;
    this.#answer(worker, id);
  }

  #refuseFirst(entry: Entry, refusal: string): void {
    entry.question = undefined;
    const claim = entry.claims.shift();
    if (claim !== undefined && !claim.isGone) this.#answer(claim.worker, claim.id, refusal);
  }

  #answer(worker: number, id: number, refusal?: string): void {
    this.#options.send(worker, { kind: "answer", id, ...(refusal !== undefined && { refusal }) });
  }

  #setHome(entry: Entry, home: number | undefined): void {
    this.#size += Number(home !== undefined) - Number(entry.home !== undefined);
    entry.home = home;
  }

  #describe(worker: number | undefined): Home {
    const link = worker === undefined ? undefined : this.#links.get(worker);
    return worker === undefined || link === undefined ? undefined : { worker, link };
  }

  #forgetUnused({ name, home, watchers, claims }: Entry): void {
    if (home === undefined && watchers.size === 0 && claims.length === 0) this.#entries.delete(name);
  }
}
