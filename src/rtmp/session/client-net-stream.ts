import { ProtocolError } from "../../errors.ts";
import { NEXT_STREAM_STATE, type NetStreamAction, type NetStreamState } from "./net-stream-state.ts";

/** What a client session knows of one of its message streams. */
export type ClientNetStream = {
  readonly id: number;
  /** What it publishes or plays. */
  name: string;
  state: NetStreamState;
  /** Of `publish` or `play`: servers answer by `onStatus`, but some refuse by `_error`. 0: none waits. */
  requestId: number;
};

/** Ids of deleted streams that are remembered. */
const MAX_DELETED_IDS = 1000;

/** The message streams of one connection. */
export class ClientNetStreams {
  readonly #streams = new Map<number, ClientNetStream>();
  readonly #deletedIds = new Set<number>();
  readonly #maxNetStreams: number;
  #requested = 0;

  constructor(maxNetStreams: number) {
    this.#maxNetStreams = maxNetStreams;
  }

  get size(): number {
    return this.#streams.size;
  }

  /** A stream was asked for. `session.stream-limit` when too many are open or asked for. */
  request(): void {
    if (this.#streams.size + this.#requested >= this.#maxNetStreams) {
      throw new ProtocolError("session.stream-limit", `more than ${this.#maxNetStreams} streams`);
    }
    this.#requested++;
  }

  /** A request was answered; without an id it was refused. The id of an open stream changes nothing there. */
  answered(id?: number): void {
    this.#requested = Math.max(0, this.#requested - 1);
    if (id === undefined) return;
    this.#deletedIds.delete(id);
    if (this.#streams.has(id)) return;
    this.#streams.set(id, { id, name: "", state: "idle", requestId: 0 });
  }

  get(id: number): ClientNetStream | undefined {
    return this.#streams.get(id);
  }

  /** The stream whose `publish` or `play` had this id. */
  findByRequest(requestId: number): ClientNetStream | undefined {
    return [...this.#streams.values()].find((stream) => stream.requestId === requestId);
  }

  /**
   * The stream that a message is about. Some servers send the status, and even media, on another id than they gave: then
   * it is the stream that waits for an answer, or else the only one (docs/interop.md). What still comes for a deleted
   * stream is about none.
   */
  resolve(id: number): ClientNetStream | undefined {
    const stream = this.#streams.get(id);
    if (stream !== undefined || this.#deletedIds.has(id)) return stream;
    const streams = [...this.#streams.values()];
    return streams.find(isWaiting) ?? (streams.length === 1 ? streams[0] : undefined);
  }

  delete(id: number): void {
    this.#streams.delete(id);
    if (this.#deletedIds.size < MAX_DELETED_IDS) this.#deletedIds.add(id);
  }
}

/** Takes the step if the table allows it; false, and no change, if not. */
export function applyToStream(stream: ClientNetStream, action: NetStreamAction): boolean {
  const next = NEXT_STREAM_STATE[stream.state][action];
  if (next === undefined) return false;
  stream.state = next;
  return true;
}

function isWaiting({ state }: ClientNetStream): boolean {
  return state === "publish-requested" || state === "play-requested";
}
