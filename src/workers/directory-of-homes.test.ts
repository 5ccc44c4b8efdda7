import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { DirectoryOfHomes, MAX_WAITING_CLAIMS } from "./directory-of-homes.ts";
import type { SupervisorMessage } from "./messages.ts";

const YIELD_MS = 10_000;

/** Three workers, A = 1 to C = 3, and what each of them is told. */
function scene({ maxBroadcasts = 100 } = {}) {
  let sent: string[] = [];
  const directory = new DirectoryOfHomes({
    maxBroadcasts,
    yieldMs: YIELD_MS,
    send: (worker, message) => sent.push(`${letter(worker)} ${describe(message)}`),
  });
  for (const worker of [1, 2, 3]) directory.add(worker, `/links/${worker}`);
  let nowMs = 0;
  return {
    directory,
    /** What has been sent since the last call. */
    sent(): readonly string[] {
      const all = sent;
      sent = [];
      return all;
    },
    claim: (worker: string, id: number, name = "n") =>
      directory.claim(number(worker), { id, name, publisher: `p${id}` }, nowMs),
    /** Of the newest claim that was allowed, unless it is said of which. */
    yielded: (worker: string, id: number, refusal?: string, claim?: number) =>
      directory.yielded(
        number(worker),
        { id, ...(refusal !== undefined && { refusal }), ...(claim !== undefined && { claim }) },
        nowMs,
      ),
    release: (worker: string, name = "n", claim?: number) => directory.release(number(worker), name, claim, nowMs),
    watch: (worker: string, id: number, name = "n") => directory.watch(number(worker), id, name),
    unwatch: (worker: string, name = "n") => directory.unwatch(number(worker), name),
    die: (worker: string) => directory.remove(number(worker), nowMs),
    return: (worker: string) => directory.add(number(worker), `/links/${worker}2`),
    pass(ms: number): void {
      nowMs += ms;
      directory.tick(nowMs);
    },
    home: (name = "n") => letter(directory.homeOf(name)?.worker ?? 0),
  };
}

const letter = (worker: number): string => " ABC"[worker] ?? "?";
const number = (worker: string): number => " ABC".indexOf(worker);

function describe(message: SupervisorMessage): string {
  switch (message.kind) {
    case "answer": {
      const home = message.home === undefined ? "" : ` at ${letter(message.home.worker)}`;
      return `answer ${message.id}${home}${message.refusal === undefined ? "" : `: ${message.refusal}`}`;
    }
    case "yield":
      return `yield ${message.id} ${message.name} to ${message.publisher}`;
    case "home":
      return `home ${message.name} ${message.home === undefined ? "nowhere" : `at ${letter(message.home.worker)}`}`;
    default:
      return message.kind;
  }
}

test("whoever claims a free name is its home, and may claim it again", () => {
  const { claim, sent, home, directory } = scene();
  claim("A", 1);
  deepEqual(sent(), ["A answer 1"]);
  equal(home(), "A");
  deepEqual(directory.homeOf("n"), { worker: 1, link: "/links/1" });
  claim("A", 2);
  deepEqual(sent(), ["A answer 2"]);
  equal(directory.size, 1);
});

test("a name that is at home elsewhere: the home decides, and who watches hears of it", () => {
  const { claim, watch, yielded, sent, home } = scene();
  watch("A", 1);
  watch("C", 2);
  deepEqual(sent(), ["A answer 1", "C answer 2"]);
  claim("A", 3);
  deepEqual(sent(), ["A answer 3", "C home n at A"]);
  claim("B", 4);
  deepEqual(sent(), ["A yield 1 n to p4"]);
  yielded("A", 1, "It lives.");
  deepEqual(sent(), ["B answer 4: It lives."]);
  equal(home(), "A");
  claim("B", 5);
  deepEqual(sent(), ["A yield 2 n to p5"]);
  yielded("A", 2);
  deepEqual(sent(), ["B answer 5", "A home n at B", "C home n at B"]);
  equal(home(), "B");
});

test("whoever watches gets the present home, and no more news once it has stopped", () => {
  const { claim, watch, unwatch, release, sent } = scene();
  claim("A", 1);
  watch("B", 2);
  watch("A", 3);
  deepEqual(sent(), ["A answer 1", "B answer 2 at A", "A answer 3 at A"]);
  release("A");
  deepEqual(sent(), ["B home n nowhere"]);
  unwatch("B");
  unwatch("B", "never watched");
  claim("C", 4);
  deepEqual(sent(), ["C answer 4", "A home n at C"]);
});

test("only the home can release", () => {
  const { claim, release, home, directory } = scene();
  claim("A", 1);
  release("B");
  release("A", "another");
  equal(home(), "A");
  release("A");
  equal(home(), " ");
  equal(directory.size, 0);
});

test("claims of one name are decided one after another, those of others meanwhile", () => {
  const { claim, yielded, sent } = scene();
  claim("A", 1);
  claim("B", 2);
  claim("C", 3);
  claim("A", 4);
  claim("C", 5, "m");
  deepEqual(sent(), ["A answer 1", "A yield 1 n to p2", "C answer 5"]);
  yielded("A", 1);
  deepEqual(sent(), ["B answer 2", "B yield 2 n to p3"]);
  yielded("B", 2, "No.");
  // The next one comes from where it once was.
  deepEqual(sent(), ["C answer 3: No.", "B yield 3 n to p4"]);
  yielded("B", 3);
  deepEqual(sent(), ["A answer 4"]);
});

test("a release while its home is asked lets the next one in, and the late answer means nothing", () => {
  const { claim, release, yielded, watch, sent, home } = scene();
  claim("A", 1);
  watch("C", 2);
  claim("B", 3);
  sent();
  release("A");
  deepEqual(sent(), ["B answer 3", "C home n at B"]);
  yielded("A", 1);
  deepEqual(sent(), []);
  equal(home(), "B");
});

test("a release that comes after the home has yielded takes nothing from the new one", () => {
  const { claim, release, yielded, home } = scene();
  claim("A", 1);
  claim("B", 2);
  yielded("A", 1);
  release("A");
  equal(home(), "B");
});

test("a home that says nothing counts as one that refuses", () => {
  const { claim, yielded, pass, sent, home } = scene();
  claim("A", 1);
  claim("B", 2);
  sent();
  pass(YIELD_MS - 1);
  deepEqual(sent(), []);
  pass(1);
  deepEqual(sent(), ["B answer 2: n is already being published. Stop the other publisher, or use another key."]);
  yielded("A", 1, "No.");
  deepEqual(sent(), []);
  equal(home(), "A");
});

test("a home that yields too late is a home no more, and the next one gets the name", () => {
  const { claim, yielded, watch, pass, sent, home } = scene();
  claim("A", 1);
  watch("C", 2);
  claim("B", 3);
  pass(YIELD_MS);
  sent();
  claim("B", 4);
  deepEqual(sent(), ["A yield 2 n to p4"]);
  yielded("A", 1);
  deepEqual(sent(), ["B answer 4", "C home n at B"]);
  yielded("A", 2);
  equal(home(), "B");
  deepEqual(sent(), []);
});

test("a home that yields too late for all leaves the name to nobody", () => {
  const { claim, yielded, watch, pass, sent, home } = scene();
  claim("A", 1);
  watch("C", 2);
  claim("B", 3);
  pass(YIELD_MS);
  sent();
  yielded("A", 1);
  deepEqual(sent(), ["C home n nowhere"]);
  equal(home(), " ");
});

test("an answer that nobody asked for, or that another was asked for, means nothing", () => {
  const { claim, yielded, sent, home } = scene();
  claim("A", 1);
  claim("B", 2);
  sent();
  yielded("C", 1);
  yielded("A", 7);
  deepEqual(sent(), []);
  equal(home(), "A");
});

test("when a worker dies, its names are nowhere, and it watches nothing", () => {
  const { claim, watch, die, sent, directory } = scene();
  claim("A", 1);
  claim("A", 2, "m");
  watch("A", 3, "k");
  watch("B", 4);
  sent();
  die("A");
  deepEqual(sent(), ["B home n nowhere"]);
  equal(directory.size, 0);
  claim("B", 5, "k");
  deepEqual(sent(), ["B answer 5"]);
});

test("when a home dies while it is asked, the one who asks gets the name", () => {
  const { claim, watch, die, yielded, sent, home } = scene();
  claim("A", 1);
  watch("C", 2);
  claim("B", 3);
  sent();
  die("A");
  deepEqual(sent(), ["B answer 3", "C home n at B"]);
  yielded("A", 1);
  equal(home(), "B");
});

for (const [what, refusal, after] of [
  ["and the home yields: the name is nowhere", undefined, ["C home n nowhere"]],
  ["and the home refuses: it stays", "No.", []],
] as const) {
  test(`whoever claims dies meanwhile, ${what}`, () => {
    const { claim, watch, die, yielded, sent, home } = scene();
    claim("A", 1);
    watch("C", 2);
    claim("B", 3);
    sent();
    die("B");
    deepEqual(sent(), []);
    yielded("A", 1, refusal);
    deepEqual(sent(), after);
    equal(home(), refusal === undefined ? " " : "A");
  });
}

test("claims of a dead worker that have not come to be decided are left out", () => {
  const { claim, die, yielded, sent, home } = scene();
  claim("A", 1);
  claim("C", 2);
  claim("B", 3);
  claim("C", 4);
  sent();
  die("B");
  yielded("A", 1);
  deepEqual(sent(), ["C answer 2", "C answer 4"]);
  equal(home(), "C");
});

test("a worker that has died returns under its number with another link", () => {
  const { claim, die, watch, sent, directory, return: comeBack } = scene();
  claim("A", 1);
  watch("B", 2);
  die("A");
  comeBack("A");
  sent();
  claim("A", 1);
  deepEqual(sent(), ["A answer 1", "B home n at A"]);
  deepEqual(directory.homeOf("n"), { worker: 1, link: "/links/A2" });
});

test("names beyond maxBroadcasts have no home, but may move and be released", () => {
  const { claim, release, yielded, sent, directory } = scene({ maxBroadcasts: 2 });
  claim("A", 1, "one");
  claim("A", 2, "two");
  claim("B", 3, "three");
  deepEqual(sent().slice(2), [
    "B answer 3: The server has too many broadcasts. Raise maxBroadcasts, or come back later.",
  ]);
  claim("B", 4, "two");
  yielded("A", 1);
  deepEqual(sent(), ["A yield 1 two to p4", "B answer 4"]);
  equal(directory.size, 2);
  release("A", "one");
  claim("B", 5, "three");
  deepEqual(sent(), ["B answer 5"]);
});

test("of one name no more claims wait than there may", () => {
  const { claim, sent } = scene();
  claim("A", 0);
  for (let id = 1; id <= MAX_WAITING_CLAIMS; id++) claim("B", id);
  sent();
  claim("C", 500);
  deepEqual(sent(), ["C answer 500: n is already being published. Stop the other publisher, or use another key."]);
});

test("a release that has crossed the answer to a newer claim does not take the name from it", () => {
  const { claim, release, sent, home, directory } = scene();
  claim("A", 1);
  claim("A", 2);
  release("A", "n", 1);
  equal(home(), "A");
  equal(directory.size, 1);
  deepEqual(sent(), ["A answer 1", "A answer 2"]);
  claim("B", 3);
  deepEqual(sent(), ["A yield 1 n to p3"]);
  release("A", "n", 2);
  deepEqual(sent(), ["B answer 3"]);
});

test("a home that yields too late, and has crossed the answer to a claim of its own, stays the home", () => {
  const { claim, yielded, pass, sent, home } = scene();
  claim("A", 1);
  claim("B", 2);
  claim("A", 3);
  pass(YIELD_MS);
  deepEqual(sent(), [
    "A answer 1",
    "A yield 1 n to p2",
    "B answer 2: n is already being published. Stop the other publisher, or use another key.",
    "A answer 3",
  ]);
  yielded("A", 1, undefined, 1);
  equal(home(), "A");
  claim("B", 4);
  deepEqual(sent(), ["A yield 2 n to p4"]);
  yielded("A", 2, undefined, 3);
  deepEqual(sent(), ["B answer 4"]);
});
