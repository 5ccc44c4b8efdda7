import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { ProtocolError } from "../../errors.ts";
import type { AmfEncodable, AmfValue } from "../../formats/amf/amf-value.ts";
import type { ServerCallOptions, ServerClient } from "../feature.ts";
import { silentLog } from "../log.ts";
import type { BandwidthOptions } from "../options.ts";
import { BandwidthDetection, DEFAULT_BANDWIDTH_OPTIONS } from "./bandwidth-detection.ts";

/** A link with a clock of its own: it carries so many bytes in a millisecond, and a call takes that long to and fro. */
class Link implements ServerClient {
  nowMs = 0;
  isOpen = true;
  unsentBytes = 0;
  sentBytes = 0;
  calls = 0;
  /** Nothing is taken as long as it is set. */
  isStalled = false;
  readonly results: (AmfEncodable | undefined)[] = [];
  readonly done: (readonly AmfEncodable[])[] = [];
  readonly bytesPerMs: number;
  readonly roundTripMs: number;
  readonly objectEncoding = 0;
  readonly info = {
    ...{ id: "1", remoteAddress: "127.0.0.1:1", isRtmpe: false, app: "live", appQuery: "", tcUrl: "" },
    ...{ flashVersion: "", pageUrl: "", swfUrl: "" },
    transport: "memory",
  } as const;
  #answers = true;

  constructor(kbps: number, roundTripMs: number, answers = true) {
    this.bytesPerMs = kbps / 8;
    this.roundTripMs = roundTripMs;
    this.#answers = answers;
  }

  async call(_name: string, args: readonly AmfEncodable[], options?: ServerCallOptions): Promise<AmfValue> {
    this.calls++;
    this.#carry(args);
    if (!this.#answers) {
      this.nowMs += options?.timeoutMs ?? 0;
      throw new ProtocolError("timeout.answer", "no answer");
    }
    this.nowMs += this.roundTripMs;
    return 0;
  }

  notify(name: string, args: readonly AmfEncodable[]): void {
    if (name === "onBWDone") this.done.push(args);
    else this.#carry(args);
  }

  resolveCall(_id: number, value?: AmfEncodable): void {
    this.results.push(value);
  }

  rejectCall(): void {}
  rejectCallWith(): void {}
  send(): void {}
  close(): void {}

  #carry([payload]: readonly AmfEncodable[]): void {
    const byteLength = typeof payload === "string" ? payload.length : 0;
    this.sentBytes += byteLength;
    this.nowMs += byteLength / this.bytesPerMs;
    if (this.isStalled && byteLength > 0) this.unsentBytes = byteLength;
  }
}

function detection(link: Link, options: Partial<BandwidthOptions> = {}): BandwidthDetection {
  return new BandwidthDetection(options, () => link.nowMs, silentLog);
}

async function ask(feature: BandwidthDetection, link: ServerClient): Promise<void> {
  const call = { kind: "call", name: "checkBandwidth", transactionId: 2, streamId: 0, args: [] } as const;
  equal(feature.call(link, call), true);
  await new Promise((resolve) => setImmediate(resolve));
}

for (const kbps of [100, 2000, 20_000, 1_000_000]) {
  test(`${kbps} kbit/s are found, and no more is sent than is needed`, async () => {
    const link = new Link(kbps, 40);
    await ask(detection(link), link);
    deepEqual(link.results, [true]);
    const [measured = 0, bytes, durationMs, latencyMs] = link.done[0] ?? [];
    ok(Math.abs(Number(measured) / kbps - 1) < 0.01, `${measured}`);
    ok(Math.abs((Number(bytes) * 8) / Number(durationMs) / kbps - 1) < 0.05);
    equal(latencyMs, 40);
    ok(link.sentBytes <= DEFAULT_BANDWIDTH_OPTIONS.maxBytes);
    // Not for long on a slow link, either.
    ok(link.nowMs < 5000, `${link.nowMs} ms`);
  });
}

test("who does not know the calls gets one without a load, and no result", async () => {
  const link = new Link(1000, 40, false);
  await ask(detection(link), link);
  deepEqual([link.calls, link.sentBytes, link.done.length], [1, 0, 0]);
  deepEqual(link.results, [true]);
});

test("bytes and time have an end", async () => {
  const few = new Link(1_000_000, 1);
  await ask(detection(few, { maxBytes: 100_000 }), few);
  ok(few.sentBytes <= 100_000);
  equal(few.done.length, 1);
  const slow = new Link(10, 1);
  await ask(detection(slow, { maxMs: 1000 }), slow);
  ok(slow.sentBytes <= 64 * 1024);
});

test("a client that stops reading is given up when the time is over, or when it has gone", async () => {
  for (const end of ["tick", "closed"] as const) {
    const link = new Link(1000, 1);
    const feature = detection(link);
    link.isStalled = true;
    await ask(feature, link);
    equal(link.sentBytes, 16 * 1024);
    if (end === "tick") feature.tick(link.nowMs + 10_000);
    else feature.closed(link);
    await new Promise((resolve) => setImmediate(resolve));
    equal(link.done.length, 0);
    link.isStalled = false;
    link.unsentBytes = 0;
    link.nowMs += 5000;
    await ask(feature, link);
    deepEqual([link.results, link.done.length], [[true, true], 1]);
  }
});

test("what waits is no more than one piece: the next goes when that has gone", async () => {
  const link = new Link(1000, 1);
  const feature = detection(link);
  link.isStalled = true;
  await ask(feature, link);
  // The second is the call that ends the first burst, and is answered.
  for (const pieces of [1, 3, 4, 5]) {
    equal(link.sentBytes, pieces * 16 * 1024);
    link.unsentBytes = 0;
    feature.drained(link);
    await new Promise((resolve) => setImmediate(resolve));
  }
  feature.closed(link);
});

test("too often, too many at a time, too much in a minute: nothing is measured", async () => {
  const often = new Link(100_000, 1);
  const feature = detection(often, { minIntervalMs: 5000 });
  await ask(feature, often);
  await ask(feature, often);
  often.nowMs += 5000;
  await ask(feature, often);
  deepEqual(often.results, [true, false, true]);
  const [first, second] = [new Link(1000, 1), new Link(1000, 1)];
  const one = detection(first, { maxAtATime: 1 });
  first.isStalled = true;
  await ask(one, first);
  await ask(one, second);
  deepEqual(second.results, [false]);
  one.closed(first);
  const link = new Link(1_000_000, 0);
  const minute = detection(link, { maxBytes: 1000, maxBytesPerMinute: 2000, minIntervalMs: 0 });
  for (let time = 0; time < 3; time++) await ask(minute, link);
  link.nowMs += 60_000;
  await ask(minute, link);
  deepEqual(link.results, [true, true, false, true]);
});

test("other calls are not its own, and before connect nothing is measured", async () => {
  const link = new Link(1000, 1);
  const feature = detection(link);
  equal(feature.call(link, { kind: "call", name: "_checkbw", transactionId: 2, streamId: 0, args: [] }), false);
  link.isOpen = false;
  await ask(feature, link);
  equal(link.sentBytes, 0);
});
