import type { ClientConnection, IncomingStream, OutgoingStream } from "../../src/cli/client-functions.ts";
import type { StreamEnd } from "../../src/client/close-reason.ts";
import { StreamCounter } from "../../src/client/stream-counter.ts";
import type { AmfValue } from "../../src/formats/amf/amf-value.ts";
import { classifyMedia } from "../../src/formats/flv/classify.ts";
import type { MediaMessage } from "../../src/formats/flv/media-message.ts";
import { CLIENT_CAPABILITIES } from "../../src/rtmp/session/client-connect.ts";

/** A message: its kind, its time in ms, and its body. */
export type FakeMessage = readonly [kind: MediaMessage["kind"], timestamp: number, payload: Uint8Array];

const CLOSED: StreamEnd = { kind: "closed", description: "closed by the application" };

/** A stream that notes what is published, as `video 40`, and `close`. */
export function fakeOutgoing(onWrite: (message: FakeMessage) => void = () => {}): OutgoingStream & {
  readonly lines: string[];
  /** The server ends it. */
  end(end: StreamEnd): void;
} {
  const ended = Promise.withResolvers<StreamEnd>();
  const counter = new StreamCounter();
  const lines: string[] = [];
  return {
    lines,
    end: (end) => ended.resolve(end),
    ended: ended.promise,
    ready: async () => {},
    write({ kind, timestamp, payload }) {
      counter.count(kind, timestamp, payload.length);
      lines.push(`${kind} ${timestamp}`);
      onWrite([kind, timestamp, payload]);
      return true;
    },
    async close() {
      lines.push("close");
      ended.resolve(CLOSED);
    },
    get statistics() {
      return counter.statistics(0, 0);
    },
  };
}

/** A stream that plays messages, and then ends so; without an end it waits until it is closed. */
export function fakeIncoming(messages: readonly FakeMessage[], end?: StreamEnd): IncomingStream {
  const ended = Promise.withResolvers<StreamEnd>();
  return {
    ended: ended.promise,
    close: async () => ended.resolve(CLOSED),
    async *[Symbol.asyncIterator]() {
      for (const [kind, timestamp, payload] of messages) yield classifyMedia(kind, timestamp, payload);
      if (end !== undefined) ended.resolve(end);
      const { error } = await ended.promise;
      if (error !== undefined) throw error;
    },
  };
}

/** A connection whose calls are answered by a function; it notes them as `add 1 2`, and `close`. */
export function fakeConnection(
  answer: (name: string, args: readonly unknown[]) => AmfValue = () => undefined,
  overrides: Partial<ClientConnection> = {},
): ClientConnection & { readonly lines: string[] } {
  const closed = Promise.withResolvers<Awaited<ClientConnection["closed"]>>();
  const lines: string[] = [];
  return {
    lines,
    server: {
      objectEncoding: 0,
      capabilities: CLIENT_CAPABILITIES,
      serverVersion: "FMS/1",
      properties: undefined,
      information: undefined,
    },
    protocol: {
      handshake: { form: "plain", note: undefined },
      chunkSize: 4096,
      windowBytes: 2_500_000,
      bandwidthBytes: undefined,
    },
    remoteAddress: "192.0.2.1:1935",
    closed: closed.promise,
    async callWith(_options, name, ...args) {
      lines.push([name, ...args].join(" "));
      return answer(name, args);
    },
    notify: (name, ...args) => void lines.push(["notify", name, ...args].join(" ")),
    ping: async () => 1.5,
    play: async () => fakeIncoming([]),
    close() {
      lines.push("close");
      closed.resolve(CLOSED_CONNECTION);
      return closed.promise;
    },
    ...overrides,
  };
}

const CLOSED_CONNECTION = { kind: "closed", description: "closed by the application" } as const;
