import { deepEqual, equal, ok } from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { settle } from "../../test/support/rtmp-peer.ts";
import { Broadcast, type BroadcastOptions } from "../broadcast/broadcast.ts";
import type { Publication } from "../broadcast/publication.ts";
import type { ViewerOutput } from "../broadcast/viewer.ts";
import { hex } from "../bytes/hex.ts";
import { classifyMedia } from "../formats/flv/classify.ts";
import { Flusher } from "./flusher.ts";

const keyframe = hex`17 01 000000 00000001 65`;

/** A broadcast whose passes are run by a flusher, with a clock that the test moves. */
class Scene {
  readonly flusher: Flusher;
  readonly broadcast: Broadcast;
  readonly publication: Publication;
  /** When each viewer was written to, in milliseconds. */
  readonly writes: number[][] = [];
  readonly #context: TestContext;
  #nowMs = 0;

  constructor(context: TestContext, options: Partial<BroadcastOptions>) {
    context.mock.timers.enable({ apis: ["setTimeout"] });
    this.#context = context;
    this.flusher = new Flusher(() => this.#nowMs);
    this.broadcast = new Broadcast("live/test", { ...options, schedule: this.flusher.schedule });
    const result = this.broadcast.publish({ description: "first", replaced() {} }, 0);
    if (result.kind !== "accepted") throw new Error(result.kind);
    this.publication = result.publication;
  }

  watch(broadcast: Broadcast = this.broadcast): void {
    const times: number[] = [];
    this.writes.push(times);
    const output: ViewerOutput = {
      kind: "bytes",
      streamId: 1,
      isReady: true,
      unsentBytes: 0,
      takenBytes: 0,
      write: () => times.push(this.#nowMs),
      notify() {},
      closeSlow() {},
    };
    broadcast.join(output);
  }

  write(kind: "audio" | "video"): void {
    this.publication.write(classifyMedia(kind, this.#nowMs, kind === "video" ? keyframe : hex`af 01 21`), this.#nowMs);
  }

  /** With a clock that is looked at every `stepMs` only: so late are timers then. */
  async pass(durationMs: number, stepMs = 1): Promise<void> {
    for (let passed = 0; passed < durationMs; passed += stepMs) {
      this.#nowMs += stepMs;
      this.#context.mock.timers.tick(stepMs);
      await settle();
    }
  }
}

test("a merging flush serves one group of viewers at a time, each of them once in its interval", async (context) => {
  const scene = new Scene(context, { flush: { kind: "merge", intervalMs: 60 } });
  for (let viewer = 0; viewer < 4; viewer++) scene.watch();
  for (let frame = 0; frame < 12; frame++) {
    scene.write("video");
    await scene.pass(10);
  }
  await scene.pass(60);
  for (const times of scene.writes) {
    const gaps = times.slice(1).map((time, index) => time - (times[index] ?? 0));
    deepEqual([...new Set(gaps)], [60], `written at ${times.join()}`);
    ok((times.at(-1) ?? 0) >= 110, "the last frame went out");
  }
  equal(new Set(scene.writes.map(([first]) => first)).size, 4, "viewers are staggered");
});

test("sound that comes during a pass waits for its time, as any other", async (context) => {
  const scene = new Scene(context, {});
  for (let viewer = 0; viewer < 300; viewer++) scene.watch();
  scene.write("video");
  // One slice: 256 of the 300 viewers.
  await new Promise((resolve) => setImmediate(resolve));
  scene.write("audio");
  await settle();
  deepEqual([scene.writes[0], scene.writes[299]], [[0], [0]]);
  await scene.pass(55);
  deepEqual([scene.writes[0], scene.writes[299]], [[0, 50], [0]]);
});

test("a merging flush keeps to its interval although each of its timers is late", async (context) => {
  const scene = new Scene(context, { flush: { kind: "merge", intervalMs: 60 } });
  for (let viewer = 0; viewer < 4; viewer++) scene.watch();
  for (let frame = 0; frame < 60; frame++) {
    scene.write("video");
    await scene.pass(14, 7);
  }
  for (const times of scene.writes) {
    const meanMs = ((times.at(-1) ?? 0) - (times[0] ?? 0)) / (times.length - 1);
    ok(meanMs >= 59 && meanMs <= 61, `every ${meanMs} ms`);
  }
});

test("nothing is begun once the flusher is closed", async (context) => {
  const scene = new Scene(context, {});
  scene.watch();
  scene.flusher.close();
  scene.write("audio");
  scene.write("video");
  await scene.pass(55);
  deepEqual(scene.writes, [[]]);
});

test("one timer serves broadcasts that are due at different times, and a pass that comes first does not move it", async (context) => {
  const scene = new Scene(context, { flush: { kind: "low", audioHoldMs: 20 } });
  const other = new Broadcast("live/other", {
    flush: { kind: "low", audioHoldMs: 35 },
    schedule: scene.flusher.schedule,
  });
  scene.watch();
  scene.watch(other);
  const result = other.publish({ description: "second", replaced() {} }, 0);
  ok(result.kind === "accepted");
  scene.write("audio");
  result.publication.write(classifyMedia("audio", 0, hex`af 01 21`), 0);
  await scene.pass(10);
  scene.write("video");
  await scene.pass(40);
  deepEqual(scene.writes, [[11], [35]]);
});
