import { ProtocolError } from "../../errors.ts";
import { NEXT_STREAM_STATE, type NetStreamAction, type NetStreamState } from "./net-stream-state.ts";
import { splitQuery } from "./stream-name.ts";

/** What a server session knows of one message stream of a client. */
export class ServerNetStream {
  readonly id: number;
  /** What it publishes or plays, as the client wrote it, with the query. */
  requestedName = "";
  /** Of the last `play`. */
  isReset = true;
  isRecorded = false;
  /** A StreamEOF was sent, so that a StreamBegin must come before anything else. */
  hasEnded = false;
  wantsAudio = true;
  wantsVideo = true;
  /** Media of the client is taken: `can("media")`, kept because each message asks. */
  mayPublish = false;
  #state: NetStreamState = "idle";

  constructor(id: number) {
    this.id = id;
  }

  get state(): NetStreamState {
    return this.#state;
  }

  /** Without the query. */
  get name(): string {
    return splitQuery(this.requestedName).name;
  }

  get isPublisher(): boolean {
    return this.#state === "publishing" || this.#state === "publish-requested";
  }

  get isPlayer(): boolean {
    return this.#state === "playing" || this.#state === "paused" || this.#state === "play-requested";
  }

  can(action: NetStreamAction): boolean {
    return NEXT_STREAM_STATE[this.#state][action] !== undefined;
  }

  /** Takes the step if the table allows it; false, and no change, if not. */
  apply(action: NetStreamAction): boolean {
    const next = NEXT_STREAM_STATE[this.#state][action];
    if (next === undefined) return false;
    this.#state = next;
    this.mayPublish = this.can("media");
    return true;
  }
}

/** The message streams of one connection. */
export class ServerNetStreams {
  readonly #streams = new Map<number, ServerNetStream>();
  readonly #maxNetStreams: number;
  /** The stream that was asked for last: a publisher asks for the same one with every message. */
  #latest: ServerNetStream | undefined;
  #nextId = 1;

  constructor(maxNetStreams: number) {
    this.#maxNetStreams = maxNetStreams;
  }

  get size(): number {
    return this.#streams.size;
  }

  /** Ids count from 1: GStreamer and others refuse 0 (docs/interop.md). `session.stream-limit` when too many are open. */
  create(): ServerNetStream {
    while (this.#streams.has(this.#nextId)) this.#nextId++;
    return this.#open(this.#nextId++);
  }

  get(id: number): ServerNetStream | undefined {
    if (this.#latest?.id !== id) this.#latest = this.#streams.get(id);
    return this.#latest;
  }

  /** For `publish` and `play` on a stream that was never created, as clients of lenient servers send them. */
  getOrOpen(id: number): ServerNetStream {
    return this.#streams.get(id) ?? this.#open(id);
  }

  /** The stream of this name; the only one of that kind when none has the name, since encoders change names on the way. */
  findByName(name: unknown, isWanted: (stream: ServerNetStream) => boolean): ServerNetStream | undefined {
    const wanted = [...this.#streams.values()].filter(isWanted);
    const named = wanted.find((stream) => stream.requestedName === name || stream.name === name);
    return named ?? (wanted.length === 1 ? wanted[0] : undefined);
  }

  delete(stream: ServerNetStream): void {
    stream.apply("deleteStream");
    this.#streams.delete(stream.id);
    this.#latest = undefined;
  }

  #open(id: number): ServerNetStream {
    if (this.#streams.size >= this.#maxNetStreams) {
      throw new ProtocolError("session.stream-limit", `more than ${this.#maxNetStreams} streams`);
    }
    const stream = new ServerNetStream(id);
    this.#streams.set(id, stream);
    return stream;
  }
}
