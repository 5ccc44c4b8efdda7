import { deepEqual, equal } from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { memoryStreamPair } from "../../transport/memory-stream.ts";
import { ReadRounds } from "./read-rounds.ts";
import { UnwatchedReading } from "./unwatched-reading.ts";

const ROUND_MS = 100;

type Setting = {
  readonly reading: UnwatchedReading;
  readonly port: { isWatched: boolean; isHeldUp: boolean };
  /** Tells of reads of so many bytes, one in 10 ms, and moves the clock on. */
  reads(count: number, byteLength: number): void;
  /** What the stream was told since the last time. */
  told(): string[];
  pass(ms: number): void;
};

/** Step by step: a timer that one of these sets would count from the end of a longer step. */
function tick(context: TestContext, ms: number): void {
  for (let step = 0; step < ms; step++) context.mock.timers.tick(1);
}

/** A publisher at 1 Mbit/s has been read and measured, and is calm. */
function create(context: TestContext, byteLength = 1250): Setting {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  let told: string[] = [];
  const [stream] = memoryStreamPair();
  stream.pause = () => void told.push("pause");
  stream.resume = () => void told.push("resume");
  const port = { stream, isWatched: false, isHeldUp: false };
  let nowMs = 5000;
  const pass = (ms: number): void => {
    nowMs += ms;
    tick(context, ms);
  };
  const reading = new UnwatchedReading(port, new ReadRounds(ROUND_MS), nowMs);
  const setting: Setting = {
    reading,
    port,
    reads(count, length): void {
      for (let read = 0; read < count; read++) {
        pass(10);
        reading.hasRead(length, nowMs);
      }
    },
    told(): string[] {
      const since = told;
      told = [];
      return since;
    },
    pass,
  };
  setting.reads(199, byteLength);
  deepEqual(setting.told(), []);
  return setting;
}

test("once it is known to be calm, a publisher is read once in a round", (context) => {
  const { reads, told, pass } = create(context);
  reads(1, 1250);
  deepEqual(told(), ["pause"]);
  pass(ROUND_MS - 1);
  deepEqual(told(), []);
  pass(1);
  deepEqual(told(), ["resume"]);
  reads(1, 12_500);
  deepEqual(told(), ["pause"]);
});

test("a long read may have left something, and is followed by another", (context) => {
  const { reads, told } = create(context);
  reads(1, 16 * 1024);
  deepEqual(told(), []);
  reads(1, 16 * 1024 - 1);
  deepEqual(told(), ["pause"]);
});

test("who comes to watch does not wait for the round, and what is watched is read as it comes", (context) => {
  const { reading, port, reads, told, pass } = create(context);
  reads(1, 1250);
  port.isWatched = true;
  reading.readOn();
  deepEqual(told(), ["pause", "resume"]);
  pass(2 * ROUND_MS);
  reads(300, 1250);
  deepEqual(told(), []);
  port.isWatched = false;
  reads(1, 1250);
  deepEqual(told(), ["pause"]);
});

test("a publisher that sends more than the kernel keeps is read as it sends, until it sends less", (context) => {
  // 48 KiB in 100 ms pass, and a byte more in each read does not.
  for (const { byteLength, isCalm } of [
    { byteLength: 4915, isCalm: true },
    { byteLength: 4916, isCalm: false },
  ]) {
    const { reads, told } = create(context, byteLength);
    reads(1, byteLength);
    deepEqual(told(), isCalm ? ["pause"] : []);
    if (!isCalm) {
      reads(199, 1250);
      deepEqual(told(), []);
      reads(1, 1250);
      deepEqual(told(), ["pause"]);
    }
    context.mock.timers.reset();
  }
});

test("what is held up for another reason is not read on, and not put off either", (context) => {
  const { port, reads, told, pass } = create(context);
  reads(1, 1250);
  port.isHeldUp = true;
  pass(ROUND_MS);
  deepEqual(told(), ["pause"]);
  reads(1, 1250);
  deepEqual(told(), []);
  port.isHeldUp = false;
  reads(1, 1250);
  deepEqual(told(), ["pause"]);
});

test("readers of one round are spread over its parts, and no timer runs without any", (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  const rounds = new ReadRounds(ROUND_MS);
  const read: string[] = [];
  const wait = (name: string): void => rounds.wait({ readOn: () => void read.push(name) });
  wait("first");
  tick(context, 50);
  wait("second");
  tick(context, 49);
  deepEqual(read, []);
  tick(context, 1);
  deepEqual(read, ["first"]);
  tick(context, 50);
  deepEqual(read, ["first", "second"]);
  tick(context, 1000);
  wait("again");
  tick(context, ROUND_MS);
  equal(read.length, 3);
});
