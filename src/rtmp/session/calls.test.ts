import { deepEqual, equal, throws } from "node:assert/strict";
import { test } from "node:test";
import { lines } from "../../../test/support/session-messages.ts";
import type { AmfEncodable } from "../../formats/amf/amf-value.ts";
import { Calls } from "./calls.ts";
import { ReplyQueue } from "./reply-queue.ts";

/** No AMF form exists for a function. */
const unsendable = (() => 0) as unknown as AmfEncodable;

function create(): { calls: Calls; replies: ReplyQueue } {
  const replies = new ReplyQueue(100);
  return { calls: new Calls(replies, 2), replies };
}

test("a call whose arguments cannot be sent waits for nothing", () => {
  const { calls, replies } = create();
  for (let attempt = 0; attempt < 5; attempt++) throws(() => calls.call("add", [unsendable]), { code: "amf.encode" });
  calls.call("add", [1]);
  calls.call("add", [2]);
  throws(() => calls.call("add", [3]), { code: "session.call-limit" });
  deepEqual(lines(replies.take()).length, 2);
});

test("a forgotten call makes room, and its late answer is ignored", () => {
  const { calls } = create();
  const first = calls.call("slow", []);
  calls.call("slow", []);
  calls.forget(first);
  calls.call("slow", []);
  const answer = { name: "_result", commandObject: null, args: [1], unreadable: undefined };
  equal(calls.receiveAnswer({ ...answer, transactionId: first }), undefined);
});

test("a refusal that cannot be sent is answered as a failed call", () => {
  const { calls, replies } = create();
  for (const transactionId of [7, 8]) {
    calls.receiveCall({ name: "get", transactionId, commandObject: null, args: [], unreadable: undefined }, 0);
  }
  const status = { level: "error", code: "App.No", description: "No.", more: unsendable } as const;
  throws(() => calls.reject(7, status), { code: "amf.encode" });
  throws(() => calls.rejectWith(8, unsendable), { code: "amf.encode" });
  const failed = "error NetConnection.Call.Failed";
  deepEqual(lines(replies.take()), [`0 _error 7 ${failed}`, `0 _error 8 ${failed}`]);
});

test("a result that cannot be sent is answered as a failed call", () => {
  const { calls, replies } = create();
  calls.receiveCall({ name: "get", transactionId: 7, commandObject: null, args: [], unreadable: undefined }, 0);
  throws(() => calls.resolve(7, unsendable), { code: "amf.encode" });
  deepEqual(lines(replies.take()), ["0 _error 7 error NetConnection.Call.Failed"]);
  equal(calls.resolve(7, 1), false);
});
