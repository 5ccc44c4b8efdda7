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

/** Measurements that the server makes when it is asked. */
export class BandwidthChecks {
  readonly #call: (name: string, timeoutMs: number, signal: AbortSignal | undefined) => Promise<AmfValue>;
  #waiting: PendingAnswer<Bandwidth> | undefined;

  constructor(call: (name: string, timeoutMs: number, signal: AbortSignal | undefined) => Promise<AmfValue>) {
    this.#call = call;
  }

  /** One at a time; whoever asks meanwhile gets the same. */
  async measure(timeoutMs: number = DEFAULT_TIMEOUT_MS, signal?: AbortSignal): Promise<Bandwidth> {
    if (this.#waiting !== undefined) return await this.#waiting.promise;
    const waiting = pendingAnswer<Bandwidth>("the server did not measure the bandwidth", timeoutMs);
    this.#waiting = waiting;
    const stopListening = rejectOnAbort(signal, waiting.reject);
    this.#call("checkBandwidth", timeoutMs, signal).then((isMeasured) => {
      if (isMeasured === false) waiting.reject(refusal());
    }, waiting.reject);
    try {
      return await waiting.promise;
    } finally {
      stopListening();
      this.#waiting = undefined;
    }
  }

  receive({ kbps, latencyMs }: BandwidthEvent): void {
    this.#waiting?.resolve({ kbps, latencyMs });
  }

  reject(error: Error): void {
    this.#waiting?.reject(error);
  }
}

function refusal(): StatusError {
  const description = "The server has measured enough for now.";
  return new StatusError("checkBandwidth", { ...createStatus("NetConnection.Call.Failed", description), info: false });
}
