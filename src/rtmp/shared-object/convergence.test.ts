import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { AmfValue } from "../../formats/amf/amf-value.ts";
import { encodeSharedObject } from "../message/encode-shared-object.ts";
import type { Message } from "../message/message.ts";
import {
  decodeSharedObject,
  SHARED_OBJECT_LIMITS_OF_CLIENTS,
  type SharedObjectEvent,
  type SharedObjectMessage,
} from "../message/shared-object.ts";
import type { ConflictMode } from "./client-request.ts";
import { RemoteSharedObject } from "./remote-shared-object.ts";
import type { SharedObject } from "./shared-object.ts";
import type { SharedObjectConnection } from "./shared-object-connection.ts";
import { SharedObjectDirectory } from "./shared-object-directory.ts";
import type { SharedObjectLimits } from "./shared-object-limits.ts";

/** What both kinds of clients in these tests can do. */
type Copy = {
  readonly slots: ReadonlyMap<string, AmfValue>;
  open(): void;
  close(): void;
  disconnect(): void;
  readonly state: string;
  set(key: string, value: AmfValue): void;
  delete(key: string): void;
  send(method: string): void;
  takeOutgoing(): Message[];
  receive(message: SharedObjectMessage): unknown;
};

/** A client as plain as they come: the server's word counts at once, and a Success says nothing new. Like Flash's. */
class PlainCopy implements Copy {
  readonly slots: Map<string, AmfValue> = new Map();
  state = "closed";
  #version = 0;
  #outgoing: SharedObjectEvent[] = [];

  open(): void {
    this.state = "opening";
    this.#version = 0;
    this.#outgoing = [{ kind: "use" }];
  }

  close(): void {
    this.state = "closed";
    this.#outgoing = [{ kind: "release" }];
  }

  disconnect(): void {
    this.state = "closed";
    this.#outgoing = [];
  }

  set(key: string, value: AmfValue): void {
    this.slots.set(key, value);
    this.#outgoing.push({ kind: "request-change", key, value });
  }

  delete(key: string): void {
    this.slots.delete(key);
    this.#outgoing.push({ kind: "request-remove", key });
  }

  send(method: string): void {
    this.#outgoing.push({ kind: "send", method, args: [] });
  }

  takeOutgoing(): Message[] {
    const events = this.#outgoing;
    this.#outgoing = [];
    if (events.length === 0) return [];
    return [encodeSharedObject({ name: "o", version: this.#version, isPersistent: false, events })];
  }

  receive({ version, events }: SharedObjectMessage): void {
    for (const event of events) {
      if (event.kind === "use-success" && this.state === "opening") this.state = "open";
      if (this.state !== "open") continue;
      this.#version = version;
      if (event.kind === "clear") this.#drop(() => true).clear();
      if (event.kind === "change")
        for (const [key, value] of event.slots) this.#drop((one) => one === key).set(key, value);
      if (event.kind === "remove") this.#drop((one) => one === event.key).delete(event.key);
    }
  }

  /** Of requests that were not sent, those to slots that the server now tells. */
  #drop(isTold: (key: string) => boolean): Map<string, AmfValue> {
    this.#outgoing = this.#outgoing.filter((event) => !("key" in event) || !isTold(event.key));
    return this.slots;
  }
}

const KEYS = ["a", "b", "__proto__", "constructor"];
const WHOLE = { limits: SHARED_OBJECT_LIMITS_OF_CLIENTS };

/** One client, what is under way in both directions, and its place at the server. */
class Link {
  readonly copy: Copy;
  readonly #world: World;
  readonly #objectEncoding: 0 | 3;
  #connection: SharedObjectConnection;
  #toServer: Message[] = [];
  #toClient: Message[] = [];

  constructor(world: World, copy: Copy, objectEncoding: 0 | 3) {
    this.#world = world;
    this.copy = copy;
    this.#objectEncoding = objectEncoding;
    this.#connection = world.directory.connect(objectEncoding);
  }

  write(): void {
    this.#toServer.push(...this.copy.takeOutgoing());
  }

  carryToServer(): void {
    const message = this.#toServer.shift();
    if (message !== undefined) this.#world.directory.receive(this.#connection, decodeSharedObject(message), 0);
    this.#world.load();
  }

  takeFromServer(): void {
    if (this.#connection.isOverrun) this.reconnect();
    this.#toClient.push(...this.#connection.takeOutgoing());
  }

  carryToClient(): void {
    const message = this.#toClient.shift();
    if (message !== undefined) this.copy.receive(decodeSharedObject(message, WHOLE));
  }

  reopen(): void {
    this.copy.close();
    this.write();
    this.copy.open();
  }

  reconnect(): void {
    this.#world.directory.disconnect(this.#connection);
    this.copy.disconnect();
    this.#toServer = [];
    this.#toClient = [];
    this.#connection = this.#world.directory.connect(this.#objectEncoding);
    this.copy.open();
  }

  /** Carries everything that is there; returns whether there was anything. */
  settle(): boolean {
    this.takeFromServer();
    this.write();
    const isBusy = this.#toServer.length + this.#toClient.length > 0;
    while (this.#toServer.length > 0) this.carryToServer();
    while (this.#toClient.length > 0) this.carryToClient();
    return isBusy;
  }
}

type WorldOptions = {
  readonly conflict: ConflictMode;
  readonly isPersistent: boolean;
  readonly limits: Partial<SharedObjectLimits>;
  readonly clients: number;
  readonly createCopy: (objectEncoding: 0 | 3) => Copy;
};

class World {
  readonly directory: SharedObjectDirectory;
  readonly links: Link[];

  constructor({ conflict, isPersistent, limits, clients, createCopy }: WorldOptions) {
    this.directory = new SharedObjectDirectory({ conflict, limits, resyncDepth: 5 });
    this.directory.open("o", isPersistent);
    this.load();
    this.links = Array.from({ length: clients }, (_, index) => {
      const objectEncoding = index % 2 === 0 ? 0 : 3;
      return new Link(this, createCopy(objectEncoding), objectEncoding);
    });
    for (const { copy } of this.links) copy.open();
  }

  get object(): SharedObject {
    const object = this.directory.find("o");
    ok(object);
    return object;
  }

  load(): void {
    for (const name of this.directory.takeLoads()) this.directory.finishLoad(name, undefined);
  }

  settle(): void {
    this.directory.tick(Number.POSITIVE_INFINITY);
    while (this.links.map((link) => link.settle()).includes(true));
  }

  expectSame(): void {
    const expected = Array.from(this.object.entries()).sort();
    for (const { copy } of this.links) {
      equal(copy.state, "open");
      deepEqual(Array.from(copy.slots).sort(), expected);
    }
  }
}

type Step =
  | { readonly kind: "set" | "server-set"; readonly link: number; readonly key: string; readonly value: AmfValue }
  | { readonly kind: "delete" | "server-remove"; readonly link: number; readonly key: string }
  | { readonly kind: "write" | "to-server" | "take" | "to-client" | "settle"; readonly link: number }
  | { readonly kind: "send" | "reopen" | "reconnect"; readonly link: number }
  | { readonly kind: "clear" | "lock" | "unlock" | "server-send"; readonly link: number };

function applyStep(world: World, step: Step): void {
  const link = world.links[step.link % world.links.length];
  ok(link);
  const { copy } = link;
  const { object } = world;
  const isOpen = copy.state === "open";
  switch (step.kind) {
    case "set":
      if (isOpen) copy.set(step.key, step.value);
      break;
    case "delete":
      if (isOpen) copy.delete(step.key);
      break;
    case "send":
      if (isOpen) copy.send("hello");
      break;
    case "write":
      return link.write();
    case "to-server":
      return link.carryToServer();
    case "take":
      return link.takeFromServer();
    case "to-client":
      return link.carryToClient();
    case "settle":
      link.settle();
      break;
    case "reopen":
      if (isOpen) link.reopen();
      break;
    case "reconnect":
      return link.reconnect();
    case "server-set":
      object.setProperty(step.key, step.value);
      break;
    case "server-remove":
      object.removeProperty(step.key);
      break;
    case "clear":
      return object.clear();
    case "lock":
      return object.lock("test", 0);
    case "unlock":
      object.unlock("test");
      break;
    case "server-send":
      return object.send("all");
  }
}

const link = fc.nat({ max: 3 });
const key = fc.constantFrom(...KEYS);
const value: fc.Arbitrary<AmfValue> = fc.oneof(
  fc.nat({ max: 3 }),
  fc.constantFrom<AmfValue[]>("x", true, ["list"]),
  fc.string({ maxLength: 5 }),
);
const way = fc.constantFrom("write", "to-server", "take", "to-client");
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    { weight: 12, arbitrary: fc.record({ kind: way, link }) },
    { weight: 6, arbitrary: fc.record({ kind: fc.constant("set"), link, key, value }) },
    { weight: 3, arbitrary: fc.record({ kind: fc.constant("delete"), link, key }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant("server-set"), link, key, value }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant("server-remove"), link, key }) },
    { weight: 4, arbitrary: fc.record({ kind: fc.constantFrom("settle", "send", "reconnect", "clear"), link }) },
    { weight: 3, arbitrary: fc.record({ kind: fc.constantFrom("lock", "unlock", "unlock", "server-send"), link }) },
  ),
  { maxLength: 150, size: "max" },
);

function expectConvergence(options: Omit<WorldOptions, "clients">, allSteps: fc.Arbitrary<Step[]> = steps): void {
  fc.assert(
    fc.property(allSteps, fc.integer({ min: 1, max: 4 }), (all, clients) => {
      const world = new World({ ...options, clients });
      world.settle();
      for (const step of all) applyStep(world, step);
      world.settle();
      world.expectSame();
    }),
    { numRuns: 150 },
  );
}

test("a removal that is lost with its connection is not taken for done, because a Success comes for what was set before", () => {
  const createCopy = (objectEncoding: 0 | 3): Copy =>
    new RemoteSharedObject("o", { isPersistent: true, objectEncoding });
  const world = new World({ conflict: "last-writer", isPersistent: true, limits: {}, clients: 1, createCopy });
  world.settle();
  const [only] = world.links;
  ok(only !== undefined);
  only.copy.set("b", "");
  // It reaches the server, and the answer waits there.
  only.settle();
  only.copy.delete("b");
  only.write();
  only.takeFromServer();
  only.carryToClient();
  only.reconnect();
  world.settle();
  world.expectSame();
  deepEqual(Array.from(only.copy.slots), [["b", ""]]);
});

/** So little that slow listeners get the whole object, and slots are refused. */
const SMALL: Partial<SharedObjectLimits> = { maxBacklogEvents: 4, maxSlots: 3, maxObjectBytes: 50 };

for (const conflict of ["last-writer", "compare-and-set"] as const) {
  for (const isPersistent of [false, true]) {
    for (const limits of [{}, SMALL]) {
      const kind = isPersistent ? "persistent" : "temporary";
      test(`copies of a ${kind} object become the server's: ${conflict}, limits ${JSON.stringify(limits)}`, () => {
        const createCopy = (objectEncoding: 0 | 3): Copy =>
          new RemoteSharedObject("o", { isPersistent, objectEncoding });
        const reopen = fc.record({ kind: fc.constant("reopen"), link });
        const withReopening = fc.array(
          fc.oneof(
            { weight: 10, arbitrary: steps },
            reopen.map((step) => [step]),
          ),
        );
        expectConvergence({ conflict, isPersistent, limits, createCopy });
        expectConvergence(
          { conflict, isPersistent, limits, createCopy },
          withReopening.map((all) => all.flat()),
        );
      });
    }
  }

  test(`plain clients' copies become the server's too: ${conflict}`, () => {
    expectConvergence({ conflict, isPersistent: false, limits: SMALL, createCopy: () => new PlainCopy() });
  });
}
