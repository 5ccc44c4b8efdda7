import { deepEqual, equal, ok, throws } from "node:assert/strict";
import { describe, test } from "node:test";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { decodeEveryWay } from "../../../test/support/decode-every-way.ts";
import { concatBytes } from "../../bytes/concat.ts";
import { hex } from "../../bytes/hex.ts";
import { ProtocolError } from "../../errors.ts";
import { nodeCrypto } from "../../transport/node-crypto.ts";
import { CHUNK_LIMITS_BEFORE_CONNECT, DEFAULT_CHUNK_LIMITS } from "../chunk/chunk-limits.ts";
import { encodeStandalone, standaloneLength } from "../chunk/standalone-message.ts";
import { createClientHandshake } from "../handshake/client-handshake.ts";
import type { CipherPair, Handshake, HandshakeResult } from "../handshake/handshake.ts";
import { createServerHandshake } from "../handshake/server-handshake.ts";
import { encodeAggregate } from "../message/aggregate.ts";
import {
  decodeUserControl,
  encodeAbort,
  encodeAcknowledgement,
  encodeSetPeerBandwidth,
  encodeUserControl,
  encodeWindowAcknowledgementSize,
  PeerBandwidthLimit,
} from "../message/control.ts";
import { type Message, MessageType } from "../message/message.ts";
import { MAX_CONTROL_REPLIES, Wire, type WireOptions } from "./wire.ts";

/** Four bytes each way, for what stands behind a handshake. */
function fakeHandshake(ciphers?: CipherPair): Handshake {
  const received: Uint8Array[] = [];
  let output: Uint8Array[] = [hex`03 c0 c1 c2`];
  let result: HandshakeResult | undefined;
  return {
    push(bytes): void {
      received.push(bytes.slice());
      const all = concatBytes(received);
      if (all.length >= 4) result = { form: "plain", trailing: all.slice(4), ciphers, bytesRead: all.length };
    },
    takeOutput(): readonly Uint8Array[] {
      const taken = output;
      output = [];
      return taken;
    },
    get result(): HandshakeResult | undefined {
      return result;
    },
  };
}

function createWire(options: Partial<WireOptions> = {}, ciphers?: CipherPair): Wire {
  return new Wire({ handshake: fakeHandshake(ciphers), ...options });
}

/** A wire whose handshake is over and taken. */
function createOpenWire(options: Partial<WireOptions> = {}): Wire {
  const wire = createWire(options);
  wire.push(hex`03 50 51 52`);
  wire.takeOutput();
  return wire;
}

function take(wire: Wire, maxBytes?: number): Uint8Array {
  return concatBytes(wire.takeOutput(maxBytes));
}

function drain(wire: Wire): Message[] {
  const messages: Message[] = [];
  for (let message = wire.next(); message !== undefined; message = wire.next()) messages.push(structuredClone(message));
  return messages;
}

/** What the right wire makes of the left one's output. */
function carry(left: Wire, right: Wire): Message[] {
  for (const piece of left.takeOutput()) right.push(piece);
  return drain(right);
}

function audio(timestamp: number, length = 4, streamId = 1): Message {
  return { type: MessageType.Audio, timestamp, streamId, payload: new Uint8Array(length).fill(timestamp) };
}

describe("handshake", () => {
  test("its output goes first, and messages wait until it is over", () => {
    const wire = createWire();
    ok(wire.send(audio(5)));
    deepEqual(take(wire), hex`03 c0 c1 c2`);
    deepEqual(take(wire), hex``);
    equal(wire.isOpen, false);
    wire.push(hex`03 50`);
    equal(wire.next(), undefined);
    wire.push(hex`51 52`);
    equal(wire.isOpen, true);
    deepEqual(take(wire), hex`06 000005 000004 08 01000000 05050505`);
    equal(wire.bytesReceived, 4);
    equal(wire.bytesSent, 4 + 16);
  });

  test("messages right behind it are read, wherever the bytes are cut", () => {
    const bytes = hex`03 50 51 52 06 000005 000002 08 01000000 af01 86 000017 af02`;
    deepEqual(
      decodeEveryWay(() => createWire(), bytes),
      [
        { type: 8, timestamp: 5, streamId: 1, payload: hex`af01` },
        { type: 8, timestamp: 28, streamId: 1, payload: hex`af02` },
      ],
    );
  });

  for (const form of ["plain", "digest"] as const) {
    test(`a client and a server in memory, ${form}: what both queued before arrives after it`, () => {
      const client = new Wire({ handshake: createClientHandshake({ form, nowMs: 0, crypto: nodeCrypto }) });
      const server = new Wire({ handshake: createServerHandshake({ nowMs: 0, crypto: nodeCrypto }) });
      client.sendChunkSize();
      client.send(audio(1, 5000));
      server.send(audio(2, 5000));
      const atServer: Message[] = [];
      const atClient: Message[] = [];
      for (let turn = 0; turn < 3; turn++) {
        atServer.push(...carry(client, server));
        atClient.push(...carry(server, client));
      }
      deepEqual(atServer, [audio(1, 5000)]);
      deepEqual(atClient, [audio(2, 5000)]);
      equal(server.bytesReceived, client.bytesSent);
      equal(client.bytesReceived, server.bytesSent);
    });
  }

  test("errors tell the place in the connection", () => {
    const wire = createWire();
    wire.push(hex`03 50 51 52 c6 00`);
    throws(
      () => wire.next(),
      (error) => error instanceof ProtocolError && error.code === "chunk.header" && error.byteOffset === 4,
    );
  });

  test("ciphers apply to everything behind it, both ways", () => {
    const flip = (bytes: Uint8Array): void => {
      for (const [index, byte] of bytes.entries()) bytes[index] = byte ^ 0x5a;
    };
    const ciphers: CipherPair = { decrypt: flip, encrypt: flip };
    const left = createWire({}, ciphers);
    const right = createWire({}, ciphers);
    equal(left.ciphers, undefined);
    for (const [from, to] of [
      [left, right],
      [right, left],
    ] as const) {
      for (const piece of from.takeOutput()) to.push(piece);
    }
    equal(left.ciphers, ciphers);
    left.send(audio(5));
    left.send(audio(6));
    const bytes = take(left);
    equal(bytes[0], 0x06 ^ 0x5a);
    right.push(bytes.subarray(0, 7));
    right.push(bytes.subarray(7));
    deepEqual(drain(right), [audio(5), audio(6)]);
  });

  test("ciphers also apply to what came together with the handshake's end", () => {
    const flip = (bytes: Uint8Array): void => {
      for (const [index, byte] of bytes.entries()) bytes[index] = byte ^ 0x5a;
    };
    const chunk = hex`06 000005 000001 08 01000000 af`;
    flip(chunk);
    const wire = createWire({}, { decrypt: flip, encrypt: flip });
    wire.push(hex`03 50 51 52 ${chunk}`);
    deepEqual(drain(wire), [{ type: 8, timestamp: 5, streamId: 1, payload: hex`af` }]);
  });
});

describe("what ends here", () => {
  test("Set Chunk Size, Abort, Acknowledgement, windows and Ping Requests; other user control comes out", () => {
    const left = createOpenWire();
    const right = createOpenWire();
    left.sendChunkSize();
    left.sendWindowAcknowledgementSize();
    left.sendPeerBandwidth(2_500_000, PeerBandwidthLimit.Dynamic);
    left.send(encodeAbort(9));
    left.send(encodeAcknowledgement(1));
    left.sendPingRequest(1000);
    left.send(encodeUserControl({ kind: "stream-begin", streamId: 1 }));
    left.send(audio(5, 50_000));
    const messages = carry(left, right);
    deepEqual(messages, [encodeUserControl({ kind: "stream-begin", streamId: 1 }), audio(5, 50_000)]);
    equal(left.outputChunkSize, 60_000);
  });

  test("an announced chunk size holds from where it stands on the wire", () => {
    const left = createOpenWire({ chunkSize: 4096 });
    left.sendChunkSize();
    equal(left.outputChunkSize, 128, "until it is taken");
    take(left);
    equal(left.outputChunkSize, 4096);
    left.send(audio(0, 4096));
    equal(take(left).length, 12 + 4096);
  });

  test("a chunk size of 0 ends the connection", () => {
    const wire = createOpenWire();
    wire.push(hex`02 000000 000004 01 00000000 00000000`);
    throws(
      () => wire.next(),
      (error) => error instanceof ProtocolError && error.code === "chunk.size",
    );
  });

  test("control bodies that are too short do no harm", () => {
    const wire = createOpenWire();
    for (const type of [2, 3, 5, 6]) wire.push(hex`02 000000 000001 0${String(type)} 00000000 00`);
    wire.push(hex`02 000000 000001 04 00000000 00`);
    deepEqual(
      drain(wire).map((message) => message.type),
      [4],
    );
    equal(wire.unacknowledgedBytes, undefined);
  });

  test("aggregates come out as the messages inside, also when they came in several reads", () => {
    const inside = [audio(5), { ...audio(10), type: MessageType.Video }] as const;
    const left = createOpenWire();
    left.send(encodeAggregate([...inside]));
    left.send(audio(20));
    const bytes = take(left);
    deepEqual(
      decodeEveryWay(() => createOpenWire(), bytes),
      [audio(20), ...inside],
    );
  });

  test("a retained aggregate may be read after its buffer has changed", () => {
    const left = createOpenWire();
    left.send(encodeAggregate([audio(5), audio(10)]));
    const bytes = take(left);
    const right = createOpenWire();
    right.push(bytes);
    deepEqual(structuredClone(right.next()), audio(5));
    right.retainInput();
    bytes.fill(0xee);
    deepEqual(drain(right), [audio(10)]);
  });
});

describe("replies", () => {
  test("a Ping Request is answered with its four bytes, or with 0", () => {
    const wire = createOpenWire();
    wire.push(hex`02 000000 000006 04 00000000 0006 000004d2`);
    wire.push(hex`02 000000 000002 04 00000000 0006`);
    deepEqual(drain(wire), []);
    deepEqual(take(wire), hex`02 000000 000006 04 00000000 0007 000004d2 82 000000 0007 00000000`);
  });

  test("an Acknowledgement goes out after half of the peer's window, once per output", () => {
    const left = createOpenWire();
    const right = createOpenWire();
    left.send(encodeWindowAcknowledgementSize(10_000));
    left.send(audio(1, 4000));
    left.send(audio(2, 4000));
    equal(carry(left, right).length, 2);
    equal(left.unacknowledgedBytes, undefined);
    equal(carry(right, left).length, 0);
    equal(left.unacknowledgedBytes, 0);
    equal(take(right).length, 0);
  });

  test("Set Peer Bandwidth is answered with the window, unless that was announced", () => {
    const wire = createOpenWire();
    const peer = createOpenWire();
    peer.send(encodeSetPeerBandwidth(5000, PeerBandwidthLimit.Hard));
    peer.send(encodeSetPeerBandwidth(5000, PeerBandwidthLimit.Hard));
    carry(peer, wire);
    equal(wire.sendWindowBytes, 5000);
    deepEqual(take(wire), hex`02 000000 000004 05 00000000 00001388`);
  });

  test("no more than MAX_CONTROL_REPLIES wait, however many pings come", () => {
    const wire = createOpenWire();
    const peer = createOpenWire();
    const flood = (): void => {
      for (let count = 0; count < MAX_CONTROL_REPLIES + 1; count++) peer.sendPingRequest(count);
      carry(peer, wire);
    };
    flood();
    flood();
    equal(wire.queuedBytes, MAX_CONTROL_REPLIES * 6);
    equal(carry(wire, peer).length, MAX_CONTROL_REPLIES);
    flood();
    equal(wire.queuedBytes, MAX_CONTROL_REPLIES * 6, "there is room again");
  });
});

describe("time", () => {
  test("the answer to a ping gives the round trip", () => {
    const wire = createOpenWire();
    const peer = createOpenWire();
    equal(wire.roundTripMs, undefined);
    wire.sendPingRequest(2 ** 32 + 1000);
    equal(carry(wire, peer).length, 0);
    for (const piece of peer.takeOutput()) wire.push(piece, 2 ** 32 + 1042);
    deepEqual(
      drain(wire).map(({ payload }) => decodeUserControl(payload)),
      [{ kind: "ping-response", timestampMs: 1000 }],
    );
    equal(wire.roundTripMs, 42);
  });

  test("an answer that fits no ping is ignored", () => {
    const wire = createOpenWire();
    wire.sendPingRequest(1000);
    wire.push(hex`02 000000 000006 04 00000000 0007 00000001`, 2000);
    equal(drain(wire).length, 1);
    equal(wire.roundTripMs, undefined);
  });

  test("tick pings a peer that was silent, once per silence", () => {
    const wire = createOpenWire({ pingAfterSilenceMs: 1000 });
    wire.tick(5000);
    wire.tick(5999);
    equal(take(wire).length, 0);
    wire.tick(6000);
    equal(wire.silentMs, 1000);
    deepEqual(take(wire), hex`02 000000 000006 04 00000000 0006 00001770`);
    wire.tick(6999);
    equal(take(wire).length, 0);
    wire.tick(7000);
    ok(take(wire).length > 0);
    wire.push(hex`06 000005 000001 08 01000000 af`);
    wire.tick(7500);
    equal(wire.silentMs, 0);
    wire.tick(8499);
    equal(take(wire).length, 0, "any byte shows that the peer lives");
  });

  test("pingEveryMs: a peer that sends is pinged regularly, and one that is silent is not", () => {
    const wire = createOpenWire();
    const media = hex`06 000005 000001 08 01000000 af`;
    wire.tick(1000);
    wire.pingEveryMs = 3000;
    const pingsAt = (nowMs: number): number => {
      wire.push(media, nowMs);
      drain(wire);
      wire.tick(nowMs);
      return take(wire).length;
    };
    deepEqual([2000, 3999, 4000, 5000, 6999, 7000].map(pingsAt), [0, 0, 18, 0, 0, 10]);
    equal(wire.unansweredPings, 2);
    wire.push(hex`02 000000 000006 04 00000000 0007 00001b58`, 7020);
    drain(wire);
    deepEqual([wire.unansweredPings, wire.roundTripMs], [0, 20]);
    wire.tick(12_000);
    equal(take(wire).length, 0, "the answer would hide the silence");
    wire.pingEveryMs = undefined;
    equal(pingsAt(20_000), 0);
  });

  test("without pingAfterSilenceMs, or before the handshake is over, nothing is due", () => {
    const wire = createOpenWire();
    const closed = createWire({ pingAfterSilenceMs: 1 });
    closed.takeOutput();
    for (const nowMs of [0, 1_000_000]) {
      wire.tick(nowMs);
      closed.tick(nowMs);
    }
    equal(take(wire).length, 0);
    equal(closed.queuedBytes, 0);
  });
});

describe("limits", () => {
  test("grow when the owner has accepted the peer, before and after the handshake", () => {
    const tooLong = hex`06 000000 010001 09 01000000`;
    const refuses = (wire: Wire): void => {
      wire.push(tooLong);
      throws(
        () => wire.next(),
        (error) => error instanceof ProtocolError && error.code === "chunk.message-limit",
      );
    };
    refuses(createOpenWire({ limits: CHUNK_LIMITS_BEFORE_CONNECT }));
    const wire = createWire({ limits: DEFAULT_CHUNK_LIMITS });
    wire.limits = CHUNK_LIMITS_BEFORE_CONNECT;
    wire.push(hex`03 50 51 52`);
    equal(wire.limits, CHUNK_LIMITS_BEFORE_CONNECT);
    refuses(wire);
    const accepted = createOpenWire({ limits: CHUNK_LIMITS_BEFORE_CONNECT });
    accepted.limits = DEFAULT_CHUNK_LIMITS;
    accepted.push(tooLong);
    equal(accepted.next(), undefined);
  });

  test("a full queue refuses", () => {
    const wire = createOpenWire({ maxQueuedBytes: 200 });
    ok(wire.send(audio(1, 136)));
    equal(wire.send(audio(2, 0)), false);
    equal(
      wire.dropUnsent(({ type }) => type === MessageType.Audio),
      1,
    );
    ok(wire.send(audio(2, 0)));
  });
});

describe("media that is written past the wire", () => {
  test("counts as sent, and the wire's next message does not build on its own old headers", () => {
    const left = createOpenWire();
    const right = createOpenWire();
    left.send(audio(5));
    left.send(audio(10));
    deepEqual(carry(left, right), [audio(5), audio(10)]);

    const sent = left.bytesSent;
    const shared = new Uint8Array(standaloneLength(4, 500, 128, 6));
    encodeStandalone(shared, 0, audio(500), 6, 128);
    left.noteBytesWritten(left.bytesSent + shared.length);
    equal(left.bytesSent, sent + shared.length);
    right.push(shared);
    deepEqual(drain(right), [audio(500)]);

    left.send(audio(510));
    deepEqual(carry(left, right), [audio(510)]);
  });

  test("must wait while a message is half out", () => {
    const wire = createOpenWire({ interleave: "chunk" });
    wire.send(audio(1, 300));
    equal(wire.isBetweenMessages, true);
    take(wire, 1);
    equal(wire.isBetweenMessages, false);
    take(wire);
    equal(wire.isBetweenMessages, true);
  });
});

test("a wire tells that it has output: a handshake, a message, an answer or an acknowledgement", () => {
  const wire = createWire();
  equal(wire.hasOutput, true);
  wire.push(hex`03 50 51 52`);
  take(wire);
  equal(wire.hasOutput, false);
  wire.send(audio(1, 300));
  equal(wire.hasOutput, true);
  take(wire);
  equal(wire.hasOutput, false);
  const peer = createOpenWire();
  peer.sendPingRequest(7);
  carry(peer, wire);
  equal(wire.hasOutput, true);
  take(wire);
  // Half of a window of 1024 bytes.
  peer.send(encodeWindowAcknowledgementSize(1024));
  carry(peer, wire);
  equal(wire.hasOutput, false);
  peer.send(audio(2, 512));
  carry(peer, wire);
  equal(wire.hasOutput, true);
  take(wire);
  equal(wire.hasOutput, false);
});

test("the historic chunk sizes hold both ways until a chunk size is announced", () => {
  const left = createOpenWire({ historicChunkSizes: true });
  const right = createOpenWire({ historicChunkSizes: true });
  left.send(audio(1, 100));
  const bytes = take(left);
  equal(bytes.length, 12 + 64 + 1 + 36);
  right.push(bytes);
  deepEqual(drain(right), [audio(1, 100)]);
  left.sendChunkSize();
  left.send(audio(2, 100));
  deepEqual(carry(left, right), [audio(2, 100)]);
});

test("a wire lets go of its handshake, with the kilobytes that it holds, once it is over", async () => {
  const create = (): [Wire, WeakRef<Handshake>] => {
    const handshake = fakeHandshake();
    return [new Wire({ handshake }), new WeakRef(handshake)];
  };
  const [wire, handshake] = create();
  wire.push(hex`03 50 51 52`);
  wire.takeOutput();
  // What a WeakRef was made of lives until the job is over.
  await new Promise((resolve) => setImmediate(resolve));
  setFlagsFromString("--expose-gc");
  runInNewContext("gc")();
  equal(handshake.deref(), undefined);
  equal(wire.isOpen, true);
});
