import { ok } from "node:assert/strict";
import { hex } from "../../src/bytes/hex.ts";
import { encodeAggregate } from "../../src/rtmp/message/aggregate.ts";
import { attack } from "./attack.ts";
import { chunk, commandBytes, controlBytes, messageBytes, repeat, setChunkSize } from "./attacker.ts";

const MIB = 1024 * 1024;
const MAX_LENGTH = 0xffffff;

attack("16 MiB announced on 60 chunk streams, and a little of each sent", {}, async (scene) => {
  const enemy = await scene.attacker().connect();
  for (let id = 4; id < 64; id++) {
    await enemy.send(
      setChunkSize(100),
      chunk({ chunkStreamId: id, type: 9, length: MAX_LENGTH, payload: new Uint8Array(100) }),
    );
  }
  await enemy.send(commandBytes("_checkbw", 9, 0));
  await enemy.heard("_result");
  await scene.holdsAtMost(MIB);
});

attack("all that unfinished messages may hold, and one byte", { logged: "chunk.partial-limit" }, async (scene) => {
  const enemy = await scene.attacker().connect();
  const half = new Uint8Array(8 * MIB);
  await enemy.send(chunk({ chunkStreamId: 4, type: 9, length: MAX_LENGTH, payload: half }).subarray(0, -100));
  await enemy.send(new Uint8Array(99));
  await scene.holdsAtMost(2 * 16 * MIB + 4 * MIB);
  const second = await scene.attacker().connect();
  await second.send(setChunkSize(8 * MIB));
  await second.send(chunk({ chunkStreamId: 4, type: 9, length: MAX_LENGTH, payload: half }));
  await second.send(chunk({ chunkStreamId: 5, type: 9, length: MAX_LENGTH, payload: half }));
  await scene.holdsAtMost(3 * 16 * MIB + 8 * MIB);
  await second.send(chunk({ chunkStreamId: 6, type: 9, length: MAX_LENGTH, payload: half }));
  await second.closed;
});

attack("a message begun on each of 65 535 chunk streams", { logged: "chunk.stream-limit" }, async (scene) => {
  const enemy = await scene.attacker().connect();
  await enemy.send(setChunkSize(1));
  await enemy.flood(65_535, (index) => chunk({ chunkStreamId: 2 + index, type: 9, length: 100, payload: hex`00` }));
  await enemy.closed;
});

attack(
  "a message that is longer than allowed",
  { options: { limits: { maxMessageBytes: 4096 } }, logged: "chunk.message-limit" },
  async (scene) => {
    const enemy = await scene.attacker().connect();
    await enemy.send(chunk({ type: 77, payload: new Uint8Array(4096) }), commandBytes("_checkbw", 9, 0));
    await enemy.heard("_result");
    await enemy.send(chunk({ type: 9, length: 4097 }));
    await enemy.closed;
  },
);

attack("a 64 KiB message before connect, and one that is longer", { logged: "chunk.message-limit" }, async (scene) => {
  const enemy = await scene.attacker().shakeHands();
  await enemy.send(chunk({ type: 99, payload: new Uint8Array(64 * 1024) }), commandBytes("_checkbw", 9, 0));
  await enemy.heard("_result");
  await enemy.send(chunk({ type: 20, length: 64 * 1024 + 1 }));
  await enemy.closed;
});

for (const [size, code] of [
  [0, "chunk.size"],
  [0x80000000, "chunk.size"],
] as const) {
  attack(`a chunk size of ${size}`, { logged: code }, async ({ attacker }) => {
    const enemy = await attacker().connect();
    await enemy.send(setChunkSize(size));
    await enemy.closed;
  });
}

attack("a chunk size of 1, and a megabyte in such chunks", { logged: "chunk.overhead" }, async ({ attacker }) => {
  const enemy = await attacker().connect();
  await enemy.send(setChunkSize(1), chunk({ chunkStreamId: 4, type: 9, length: MIB, payload: hex`00` }));
  await enemy.flood(200, () => repeat(5000, hex`c4 00`));
  await enemy.closed;
});

attack("the largest chunk size, and the top bit of it", {}, async (scene) => {
  const enemy = await scene.attacker().publish("large");
  await enemy.send(setChunkSize(0x7fffffff), setChunkSize(0xffffffff));
  await enemy.send(
    chunk({ chunkStreamId: 4, type: 9, streamId: 1, length: MAX_LENGTH, payload: new Uint8Array(1000) }),
  );
  await scene.holdsAtMost(MIB);
});

attack("a message begun again and again", { logged: "chunk.overhead" }, async ({ attacker }) => {
  const enemy = await attacker().connect();
  await enemy.send(setChunkSize(10));
  const start = (type: number): Uint8Array =>
    chunk({ chunkStreamId: 4, type, length: 1000, payload: new Uint8Array(10) });
  await enemy.flood(20_000, (index) => start(8 + (index % 2)));
  await enemy.closed;
});

attack("formats 1 to 3 on chunk streams that carried nothing", { logged: "chunk.header" }, async ({ attacker }) => {
  for (const format of [2, 3] as const) {
    const enemy = await attacker().connect();
    await enemy.send(chunk({ format, chunkStreamId: 44 }));
    await enemy.closed;
  }
});

attack("an aggregate inside an aggregate inside an aggregate", {}, async ({ attacker }) => {
  const enemy = await attacker().publish("nested");
  let payload = new Uint8Array(10_000);
  for (let depth = 0; depth < 100; depth++) {
    payload = encodeAggregate([{ type: 22, timestamp: 0, streamId: 1, payload }]).payload.slice();
  }
  await enemy.send(messageBytes({ type: 22, timestamp: 0, streamId: 1, payload }), commandBytes("_checkbw", 9, 0));
  await enemy.heard("_result");
});

attack("aggregates with lying sizes, and control messages inside", {}, async ({ attacker }) => {
  const enemy = await attacker().publish("lying");
  for (const payload of [
    hex`09 ffffff 00000000 000000 17 01`,
    hex`09 000000 00000000 000000`,
    hex`01 000004 00000000 000000 00000000 0000000f`,
    hex`02 000004 00000000 000000 00000004`,
    hex`09 0000`,
    new Uint8Array(100_000),
  ]) {
    await enemy.send(messageBytes({ type: 22, timestamp: 0, streamId: 1, payload }));
  }
  await enemy.send(commandBytes("_checkbw", 9, 0));
  await enemy.heard("_result");
});

attack("an aggregate of a million empty messages", {}, async (scene) => {
  // The most that is kept of one broadcast are 100 000 messages, and what one segment of its log holds.
  const enemy = await scene.attacker().publish("million");
  const payload = repeat(1_000_000, hex`09 000000 00000000 000000 0000000b`);
  await enemy.send(messageBytes({ type: 22, timestamp: 0, streamId: 1, payload }), commandBytes("_checkbw", 9, 0));
  await enemy.heard("_result");
  await scene.holdsAtMost(24 * MIB);
});

for (const [name, bytes] of [
  ["Abort messages", controlBytes(2, 4)],
  ["Abort messages without a body", chunk({ chunkStreamId: 2, type: 2 })],
  ["acknowledgements of absurd counts", controlBytes(3, 0xffffffff)],
  ["ping requests, their answers unread", chunk({ chunkStreamId: 2, type: 4, payload: hex`0006 00000000` })],
  ["windows of one byte", controlBytes(5, 1)],
  ["empty control messages of type 5", chunk({ chunkStreamId: 2, type: 5 })],
  ["messages of unknown types", chunk({ chunkStreamId: 5, type: 77, payload: hex`00` })],
  ["video for a stream that does not publish", chunk({ chunkStreamId: 5, type: 9, streamId: 7, payload: hex`17 01` })],
  ["empty messages of type 0", chunk({ chunkStreamId: 5, type: 0 })],
] as const) {
  attack(`100 000 ${name}`, {}, async (scene) => {
    const enemy = await scene.attacker().connect();
    enemy.socket.pause();
    await enemy.flood(100, () => repeat(1000, bytes));
    await scene.holdsAtMost(4 * MIB);
    enemy.socket.resume();
    await enemy.send(commandBytes("_checkbw", 9, 0));
    await enemy.heard("_result");
    ok(!enemy.isClosed);
  });
}

attack("peer bandwidths that change 100 000 times, the answers unread", {}, async (scene) => {
  const enemy = await scene.attacker().connect();
  enemy.socket.pause();
  const limit = (windowBytes: number): Uint8Array =>
    chunk({ chunkStreamId: 2, type: 6, payload: Uint8Array.from([0, 0, windowBytes >> 8, windowBytes, 0]) });
  await enemy.flood(1000, (round) => repeat(50, Uint8Array.from([...limit(1000 + round), ...limit(9000 + round)])));
  await scene.holdsAtMost(4 * MIB);
});

for (const [name, event] of [
  ["buffer lengths", hex`0003 00000001 00000bb8`],
  ["answers to pings that nobody sent", hex`0007 12345678`],
] as const) {
  attack(`${name} beyond the rate of commands`, { logged: "session.flood" }, async ({ attacker }) => {
    const enemy = await attacker().connect();
    await enemy.flood(20, () => repeat(100, chunk({ chunkStreamId: 2, type: 4, payload: event })));
    await enemy.closed;
  });
}

attack("100 000 shared object messages", { logged: "session.flood" }, async (scene) => {
  const enemy = await scene.attacker().connect();
  await enemy.flood(100, () => repeat(1000, chunk({ chunkStreamId: 5, type: 19, payload: hex`00` })));
  await enemy.closed;
});
