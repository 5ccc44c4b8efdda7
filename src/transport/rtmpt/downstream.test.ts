import { deepEqual, equal, notEqual, ok } from "node:assert/strict";
import { test } from "node:test";
import { Downstream, KEPT_ANSWER_BYTES } from "./downstream.ts";
import type { HttpExchange } from "./http-exchange.ts";
import { RequestSlot } from "./request-slot.ts";

type FakeExchange = { readonly exchange: HttpExchange; readonly body: Uint8Array; land(isSent: boolean): void };

/** Keeps the answer that it is given, as one does whose connection takes nothing. */
function fakeExchange(): FakeExchange {
  let body: Uint8Array | undefined;
  let onSent: ((isSent: boolean) => void) | undefined;
  const exchange = {
    get canAnswer() {
      return body === undefined;
    },
    answer(answered: Uint8Array, landed?: (isSent: boolean) => void): void {
      body = answered;
      onSent = landed;
    },
    refuse(): void {},
  };
  return {
    exchange: exchange as unknown as HttpExchange,
    get body() {
      ok(body !== undefined, "there is no answer");
      return body;
    },
    land: (isSent) => onSent?.(isSent),
  };
}

function data(length: number, value: number): Uint8Array {
  return new Uint8Array(length).fill(value);
}

/** A tunnel whose requests are answered with what is written to it. */
function downstream() {
  const tunnel = new Downstream({ onDrain() {}, onHole() {}, onOver() {} });
  let sequence = 0;
  return {
    tunnel,
    answerWith(bytes: Uint8Array): FakeExchange {
      const asking = fakeExchange();
      tunnel.ask(new RequestSlot("idle", sequence++, asking.exchange), 0);
      tunnel.write([bytes]);
      tunnel.flush();
      return asking;
    },
  };
}

test("answers are made in one buffer, one after the other, and long ones in buffers of their own", () => {
  const { answerWith } = downstream();
  const first = answerWith(data(10_000, 1));
  deepEqual(first.body.subarray(1), data(10_000, 1));
  first.land(true);
  const second = answerWith(data(KEPT_ANSWER_BYTES - 1, 2));
  equal(second.body.buffer, first.body.buffer);
  second.land(true);
  const long = answerWith(data(KEPT_ANSWER_BYTES, 3));
  notEqual(long.body.buffer, first.body.buffer);
  equal(long.body.length, KEPT_ANSWER_BYTES + 1);
});

test("an answer that is still being sent stays as it is: nothing follows before it has been", () => {
  const { answerWith, tunnel } = downstream();
  const first = answerWith(data(1000, 1));
  const next = answerWith(data(1000, 2));
  // While the answer before is under way, and with no time to wait, it gets none of the data.
  equal(next.body.length, 1);
  deepEqual(first.body.subarray(1), data(1000, 1));
  first.land(true);
  const third = fakeExchange();
  tunnel.ask(new RequestSlot("idle", 2, third.exchange), 0);
  tunnel.flush();
  deepEqual(third.body.subarray(1), data(1000, 2));
});

test("an answer that goes out again, while its first exchange hangs, stays as it is there too", () => {
  const { answerWith, tunnel } = downstream();
  const hanging = answerWith(data(1000, 1));
  const again = fakeExchange();
  tunnel.askAgain(again.exchange);
  deepEqual(again.body.subarray(1), data(1000, 1));
  again.land(true);
  const next = answerWith(data(1000, 2));
  deepEqual(next.body.subarray(1), data(1000, 2));
  deepEqual(hanging.body.subarray(1), data(1000, 1));
});
