import { equal, ok } from "node:assert/strict";
import { concatBytes } from "../../src/bytes/concat.ts";
import { hex } from "../../src/bytes/hex.ts";
import { attack } from "./attack.ts";
import { type Attacker, chunk, commandBytes, repeat } from "./attacker.ts";

const MIB = 1024 * 1024;
const manyCommands = { limits: { maxCommandsPerSecond: 10_000_000 } };
const keyframe = hex`17 01 000000 00000001 65`;
const largeFrame = concatBytes([keyframe, new Uint8Array(10_000)]);

async function isServed(enemy: Attacker): Promise<void> {
  await enemy.send(commandBytes("_checkbw", 99_999, 0));
  await enemy.heard("_result");
}

attack("commands beyond their rate", { logged: "session.flood" }, async ({ attacker }) => {
  const enemy = await attacker().connect();
  await enemy.flood(100, () => repeat(100, commandBytes("_checkbw", 0, 0)));
  await enemy.closed;
});

attack("connect again and again", { options: manyCommands }, async (scene) => {
  const enemy = await scene.attacker().connect();
  for (let round = 0; round < 100; round++) {
    await enemy.send(repeat(100, commandBytes("connect", 1, 0, { app: "live" })));
    await isServed(enemy);
  }
  await scene.holdsAtMost(2 * MIB);
});

attack("createStream beyond the limit", { logged: "session.stream-limit" }, async ({ attacker }) => {
  const enemy = await attacker().connect();
  await enemy.send(repeat(16, commandBytes("createStream", 2, 0)));
  await isServed(enemy);
  await enemy.send(commandBytes("createStream", 2, 0));
  await enemy.closed;
});

attack("publish and play on 17 streams that were never created", { logged: "session.stream-limit" }, async (scene) => {
  const enemy = await scene.attacker().connect();
  for (let id = 1; id <= 17; id++) await enemy.send(commandBytes("play", 0, id * 1_000_003, `key ${id}`));
  await enemy.closed;
});

attack("30 000 streams created and deleted", { options: manyCommands }, async (scene) => {
  const enemy = await scene.attacker().connect();
  for (let id = 1; id <= 30_000; id += 100) {
    const pieces = Array.from({ length: 100 }, (_, index) => [
      commandBytes("createStream", 2, 0),
      commandBytes("deleteStream", 0, 0, id + index),
    ]);
    await enemy.send(...pieces.flat());
    await isServed(enemy);
  }
  await scene.holdsAtMost(2 * MIB);
});

attack("calls whose answers nobody reads", { options: manyCommands, logged: "session.reply-limit" }, async (scene) => {
  const enemy = await scene.attacker().connect();
  enemy.socket.pause();
  await enemy.flood(2000, () => repeat(1000, commandBytes("_checkbw", 5, 0)));
  await scene.server.untilLogged("session.reply-limit");
  await scene.holdsAtMost(8 * MIB);
});

attack(
  "the same where chunks are interleaved",
  { options: { ...manyCommands, play: { interleave: "chunk" } }, logged: "session.reply-limit" },
  async (scene) => {
    const enemy = await scene.attacker().connect();
    enemy.socket.pause();
    await enemy.flood(2000, () => repeat(1000, commandBytes("_checkbw", 5, 0)));
    await scene.server.untilLogged("session.reply-limit");
    await scene.holdsAtMost(8 * MIB);
  },
);

attack("play of 30 000 names on one stream", { options: manyCommands }, async (scene) => {
  const enemy = await scene.attacker().connect();
  await enemy.send(commandBytes("createStream", 2, 0));
  for (let round = 0; round < 300; round++) {
    const plays = Array.from({ length: 100 }, (_, index) =>
      commandBytes("play", 0, 1, `${"n".repeat(900)}${round}-${index}`),
    );
    await enemy.send(...plays);
    await isServed(enemy);
  }
  const { broadcasts } = await scene.holdsAtMost(8 * MIB);
  ok(broadcasts <= 10_000);
  await enemy.send(commandBytes("closeStream", 0, 1));
  await scene.server.untilForgotten(1);
});

attack("play of one name thousands of times, with a broadcast behind it", { options: manyCommands }, async (scene) => {
  const source = await scene.attacker().publish("again");
  await source.send(chunk({ chunkStreamId: 4, type: 9, streamId: 1, payload: largeFrame }));
  const enemy = await scene.attacker().play("again");
  for (let round = 0; round < 30; round++) {
    await enemy.send(repeat(100, commandBytes("play", 0, 1, "again")));
    await isServed(enemy);
  }
  await scene.holdsAtMost(4 * MIB);
});

attack(
  "play thousands of times of what has large metadata, and nothing read",
  { options: manyCommands, logged: "session.reply-limit" },
  async (scene) => {
    const source = await scene.attacker().publish("again");
    const metadata = concatBytes([hex`02 000a 6f6e4d65746144617461 0c 000e0000`, new Uint8Array(0x0e0000)]);
    await source.send(chunk({ chunkStreamId: 5, type: 18, streamId: 1, payload: metadata }));
    await source.send(chunk({ chunkStreamId: 4, type: 9, streamId: 1, payload: largeFrame }));
    const enemy = await scene.attacker().play("again");
    enemy.socket.pause();
    for (let round = 0; round < 300; round++) if (!(await enemy.send(commandBytes("play", 0, 1, "again")))) break;
    await scene.server.untilLogged("session.reply-limit", 0);
    await scene.holdsAtMost(12 * MIB);
    await enemy.flood(100, () => repeat(100, commandBytes("play", 0, 1, "again")));
    await scene.server.untilLogged("session.reply-limit");
  },
);

attack("pause, receiveVideo and receiveAudio to and fro", { options: manyCommands }, async (scene) => {
  const source = await scene.attacker().publish("toggles");
  const enemy = await scene.attacker().play("toggles");
  const toggles = [true, false].flatMap((isOn) => [
    commandBytes("pause", 0, 1, isOn, 0),
    commandBytes("receiveVideo", 0, 1, isOn),
    commandBytes("receiveAudio", 0, 1, isOn),
    commandBytes("seek", 0, 1, 1000),
    commandBytes("play2", 0, 1, { streamName: "toggles" }),
  ]);
  for (let round = 0; round < 200; round++) {
    await source.send(chunk({ chunkStreamId: 4, type: 9, streamId: 1, timestamp: round * 40, payload: largeFrame }));
    for (let count = 0; count < 10; count++) await enemy.send(...toggles);
    await isServed(enemy);
  }
  await scene.holdsAtMost(4 * MIB);
});

attack("publish and closeStream 5 000 times", { options: manyCommands }, async (scene) => {
  const player = await scene.attacker().play("flapping");
  const enemy = await scene.attacker().connect();
  await enemy.send(commandBytes("createStream", 2, 0));
  for (let round = 0; round < 100; round++) {
    const publish = concatBytes([commandBytes("publish", 0, 1, "flapping"), commandBytes("closeStream", 0, 1)]);
    await enemy.send(repeat(50, publish));
    await isServed(enemy);
  }
  await isServed(player);
  await scene.holdsAtMost(4 * MIB);
});

attack("names of 15 MB: of a key, of a query, of slashes only", { logged: "is longer than" }, async (scene) => {
  const enemy = await scene.attacker().connect();
  const long = 15_000_000;
  for (const [id, key] of [
    "k".repeat(long),
    `key?${"q".repeat(long)}`,
    "/".repeat(long),
    `${"?".repeat(long)}`,
  ].entries()) {
    await enemy.send(commandBytes("play", 0, id + 1, key));
    await enemy.heard("NetStream.Play.StreamNotFound");
  }
  await enemy.send(
    commandBytes("FCPublish", 5, 0, "f".repeat(long)),
    commandBytes("releaseStream", 6, 0, "r".repeat(long)),
  );
  await isServed(enemy);
  // What the buffer of a chunk stream keeps for its next message.
  await scene.holdsAtMost(20 * MIB);
  const publisher = await scene.attacker().connect();
  await publisher.send(commandBytes("publish", 0, 1, "k".repeat(long)));
  await publisher.closed;
});

attack("commands of 15 MB, one after the other", { options: manyCommands }, async (scene) => {
  const enemy = await scene.attacker().connect();
  for (let round = 0; round < 8; round++) await enemy.send(commandBytes("_checkbw", 0, 0, "x".repeat(15_000_000)));
  await isServed(enemy);
  await scene.holdsAtMost(20 * MIB);
});

attack(
  "an application that never answers, while its client floods",
  { options: { timeouts: { hookMs: 1500 } }, logged: "timeout.hook" },
  async (scene) => {
    const connecting = await scene.attacker().shakeHands();
    await connecting.send(commandBytes("connect", 1, 0, { app: "unanswered" }));
    const publishing = await scene.attacker().connect();
    await publishing.send(commandBytes("publish", 0, 1, "unanswered"));
    const playing = await scene.attacker().connect();
    await playing.send(commandBytes("play", 0, 1, "unanswered"));
    const floods = [connecting, publishing, playing].map((enemy) =>
      enemy.flood(1000, () => repeat(1000, chunk({ chunkStreamId: 4, type: 9, streamId: 1, payload: keyframe }))),
    );
    await scene.holdsAtMost(4 * MIB);
    await Promise.all(floods);
    await Promise.all([connecting, publishing, playing].map(({ closed }) => closed));
    equal(scene.server.logged("timeout.hook") >= 3, true);
  },
);
