import type { Command } from "../message/command.ts";
import type { Calls } from "./calls.ts";
import type { ReplyQueue } from "./reply-queue.ts";

/** What servers tell clients of old, which needs no reaction. */
const NOTICES = new Set(["onFCPublish", "onFCUnpublish", "onFCSubscribe", "onFCUnsubscribe", "_onbwdone", "pong"]);

/** Answers the calls that Adobe's servers make unasked: above all, their measuring of bandwidth. */
export class ServerCalls {
  readonly #calls: Calls;
  readonly #replies: ReplyQueue;
  #bandwidthChecks = 0;

  constructor(calls: Calls, replies: ReplyQueue) {
    this.#calls = calls;
    this.#replies = replies;
  }

  /** False if it is another call. */
  answer({ name, transactionId }: Command): boolean {
    switch (name) {
      case "onBWDone":
        // It comes once more when the measuring is over.
        if (this.#bandwidthChecks++ === 0) this.#calls.callUnanswered("_checkbw", []);
        return true;
      case "_onbwcheck":
      case "onBWCheck":
        this.#bandwidthChecks++;
        if (transactionId > 0) this.#replies.result(0, transactionId, this.#bandwidthChecks);
        return true;
      case "ping":
        this.#replies.command(0, { name: "pong", transactionId });
        return true;
      default:
        return NOTICES.has(name);
    }
  }
}
