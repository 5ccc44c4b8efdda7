import { ALLOW, type Decision } from "../server/hooks.ts";
import type { PoolParts, ServerPool } from "../server/pool.ts";
import type { HttpRoute } from "../transport/http-route.ts";
import { Homes } from "./homes.ts";
import { Links } from "./links.ts";
import type { Home, SupervisorMessage, WorkerStart } from "./messages.ts";
import { Mirror } from "./mirror.ts";
import { type Answer, Questions, type SupervisorPort } from "./questions.ts";

/** As many broadcasts as that may be here: published, and waited for. */
const MIRRORS_PER_BROADCAST = 2;

/** One of the processes of a server, among the others: home of what is published here, mirror of what is watched here. */
export class Member implements ServerPool {
  readonly #parts: PoolParts;
  readonly #worker: number;
  readonly #port: SupervisorPort;
  readonly #questions: Questions;
  readonly #homes: Homes;
  readonly #mirrors = new Map<string, Mirror>();
  readonly #links: Links;
  /** Names that clients here have claimed and wait for. */
  readonly #claims = new Map<string, number>();
  #isClosed = false;

  constructor(parts: PoolParts, start: Pick<WorkerStart, "worker" | "link">, port: SupervisorPort) {
    this.#parts = parts;
    this.#worker = start.worker;
    this.#port = port;
    this.#questions = new Questions(port);
    this.#homes = new Homes(parts);
    this.#links = new Links(start, parts, {
      isAwaited: (name) => this.#claims.has(name),
      relay: (name, stream) => this.#homes.relay(name, stream),
    });
  }

  get tunnelsElsewhere(): HttpRoute {
    return this.#links.tunnelsElsewhere;
  }

  get hlsElsewhere(): HttpRoute {
    return this.#links.hlsElsewhere;
  }

  /** Whether the broadcast of that name is published here. */
  isHome(name: string): boolean {
    return this.#homes.has(name);
  }

  open(): Promise<void> {
    return this.#links.open();
  }

  admit(network: string): Promise<Decision> {
    return new Promise((resolve) => {
      this.#questions.ask(
        (id) => ({ kind: "admit", id, network }),
        (answer) => resolve(decisionOf(answer)),
      );
    });
  }

  left(network: string): void {
    this.#port.send({ kind: "left", network });
  }

  claim(name: string, publisher: string): Promise<Decision> | undefined {
    if (this.#homes.claimAgain(name)) return undefined;
    this.#claims.set(name, (this.#claims.get(name) ?? 0) + 1);
    return new Promise((resolve) => {
      this.#questions.ask(
        (id) => ({ kind: "claim", id, name, publisher }),
        (answer) => {
          const left = (this.#claims.get(name) ?? 1) - 1;
          if (left > 0) this.#claims.set(name, left);
          else this.#claims.delete(name);
          if (answer.refusal === undefined) this.#becomeHome(name, answer.id);
          this.#links.relays.decided(name);
          resolve(decisionOf(answer));
        },
      );
    });
  }

  watch(name: string): Promise<void> | undefined {
    if (this.#homes.has(name)) return undefined;
    if (this.#mirrors.size >= MIRRORS_PER_BROADCAST * this.#parts.limits.maxBroadcasts) this.#closeUnwatched();
    return (this.#mirrors.get(name) ?? this.#openMirror(name)).settled;
  }

  tick(nowMs: number): void {
    for (const { name, claim } of this.#homes.takeIdle()) {
      this.#port.send({ kind: "release", name, claim });
      // Who waits here may get it from elsewhere next.
      if (this.#isWatched(name) && !this.#mirrors.has(name)) this.#openMirror(name);
    }
    for (const [name, mirror] of this.#mirrors) if (!mirror.tick(nowMs)) this.#closeMirror(name);
  }

  receive(message: SupervisorMessage): void {
    switch (message.kind) {
      case "answer":
        return this.#questions.receive(message);
      case "home":
        return this.#mirrors.get(message.name)?.setHome(this.#elsewhere(message.home));
      case "yield":
        // Whoever was allowed to publish that name a moment ago does so first, by promises: or both would have it.
        return void setImmediate(() => this.#yield(message));
      default:
        return;
    }
  }

  close(): void {
    this.#isClosed = true;
    this.#links.close();
    for (const mirror of this.#mirrors.values()) mirror.close();
    this.#mirrors.clear();
  }

  /** What a mirror still gets from the old home counts until the client here publishes. */
  #becomeHome(name: string, claim: number): void {
    this.#homes.add(name, claim);
    this.#mirrors.get(name)?.setHome(undefined);
  }

  #yield({ id, name, publisher }: Extract<SupervisorMessage, { readonly kind: "yield" }>): void {
    const mirror = this.#mirrors.get(name) ?? this.#createMirror(name, `${publisher}, in another process`);
    this.#homes.yield(name, mirror.publisher, (result) => {
      if (result.kind === "refused") return this.#port.send({ kind: "yielded", id, refusal: result.reason });
      const { claim } = result;
      this.#port.send({ kind: "yielded", id, ...(claim !== undefined && { claim }) });
      if (this.#isClosed || !this.#isWatched(name)) return;
      if (result.publication !== undefined) mirror.adopt(result.publication);
      this.#watchBy(name, mirror);
    });
  }

  #isWatched(name: string): boolean {
    return this.#parts.directory.get(name)?.isWatched === true;
  }

  #openMirror(name: string): Mirror {
    const mirror = this.#createMirror(name, "another process");
    this.#watchBy(name, mirror);
    return mirror;
  }

  #createMirror(name: string, description: string): Mirror {
    const mirror: Mirror = new Mirror({
      ...this.#parts,
      name,
      description,
      maxMessageBytes: this.#parts.limits.maxMessageBytes,
      onReplaced: () => {
        if (this.#mirrors.get(name) === mirror) this.#closeMirror(name);
      },
    });
    return mirror;
  }

  #watchBy(name: string, mirror: Mirror): void {
    this.#mirrors.set(name, mirror);
    this.#questions.ask(
      (id) => ({ kind: "watch", id, name }),
      ({ home }) => mirror.setHome(this.#elsewhere(home)),
    );
  }

  /** At once, instead of when their time is over: somebody plays one name after another. */
  #closeUnwatched(): void {
    for (const [name, { settled }] of this.#mirrors) {
      if (settled === undefined && !this.#isWatched(name)) this.#closeMirror(name);
    }
  }

  #closeMirror(name: string): void {
    this.#mirrors.get(name)?.close();
    this.#mirrors.delete(name);
    this.#port.send({ kind: "unwatch", name });
  }

  /** What is at home here comes by no link. */
  #elsewhere(home: Home): Home {
    return home?.worker === this.#worker ? undefined : home;
  }
}

function decisionOf({ refusal }: Answer): Decision {
  return refusal === undefined ? ALLOW : { allow: false, reason: refusal };
}
