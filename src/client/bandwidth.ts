import type { AmfValue } from "../formats/amf/amf-value.ts";
import type { BandwidthEvent } from "../rtmp/session/client-events.ts";
import { createStatus } from "../rtmp/session/status.ts";
import { type PendingAnswer, pendingAnswer } from "./pending-answer.ts";
import { rejectOnAbort } from "./reject-on-abort.ts";
import { StatusError } from "./status-error.ts";

/** How fast the server could send to this client. */
export type Bandwidth = {
  /** Kilobits a second. */
  readonly kbps: number;
  /** The round trip of a call; undefined where the server did not tell. */
  readonly latencyMs: number | undefined;
};

/** Longer than an answer: the server takes up to ten seconds. */
const DEFAULT_TIMEOUT_MS = 20_000;

/** A measurement that was asked for, and everybody who waits for it. */
type Measurement = { readonly waiting: Set<PendingAnswer<Bandwidth>>; readonly abandoned: AbortController };

/** Measurements that the server makes when it is asked. */
export class BandwidthChecks {
  readonly #call: (name: string, timeoutMs: number, signal: AbortSignal) => Promise<AmfValue>;
  #running: Measurement | undefined;

  constructor(call: (name: string, timeoutMs: number, signal: AbortSignal) => Promise<AmfValue>) {
    this.#call = call;
  }

  /** One at a time; whoever asks meanwhile gets the same, and may give up before the others. */
  async measure(timeoutMs: number = DEFAULT_TIMEOUT_MS, signal?: AbortSignal): Promise<Bandwidth> {
    const running = this.#running ?? this.#ask(timeoutMs);
    const answer = pendingAnswer<Bandwidth>("the server did not measure the bandwidth", timeoutMs);
    running.waiting.add(answer);
    const stopListening = rejectOnAbort(signal, answer.reject);
    try {
      return await answer.promise;
    } finally {
      stopListening();
      running.waiting.delete(answer);
      if (running.waiting.size === 0) this.#finish(running);
    }
  }

  receive({ kbps, latencyMs }: BandwidthEvent): void {
    for (const answer of this.#running?.waiting ?? []) answer.resolve({ kbps, latencyMs });
  }

  reject(error: Error): void {
    for (const answer of this.#running?.waiting ?? []) answer.reject(error);
  }

  #ask(timeoutMs: number): Measurement {
    const running: Measurement = { waiting: new Set(), abandoned: new AbortController() };
    this.#running = running;
    const refuse = (error: Error): void => {
      for (const answer of running.waiting) answer.reject(error);
    };
    // Who waits longer than the first is not to be held to the first one's patience.
    const longestMs = Math.max(timeoutMs, DEFAULT_TIMEOUT_MS);
    this.#call("checkBandwidth", longestMs, running.abandoned.signal).then((isMeasured) => {
      if (isMeasured === false) refuse(refusal());
    }, refuse);
    return running;
  }

  /** Nobody waits any more. */
  #finish(running: Measurement): void {
    running.abandoned.abort();
    if (this.#running === running) this.#running = undefined;
  }
}

function refusal(): StatusError {
  const description = "The server has measured enough for now.";
  return new StatusError("checkBandwidth", { ...createStatus("NetConnection.Call.Failed", description), info: false });
}
