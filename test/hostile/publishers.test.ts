import { ok } from "node:assert/strict";
import { concatBytes } from "../../src/bytes/concat.ts";
import { hex } from "../../src/bytes/hex.ts";
import { encodeData } from "../../src/rtmp/message/data.ts";
import { attack } from "./attack.ts";
import { type Attacker, chunk, commandBytes, messageBytes, repeat } from "./attacker.ts";

const MIB = 1024 * 1024;
const keyframe = hex`17 01 000000 00000001 65`;

function video(payload: Uint8Array, timestamp = 0): Uint8Array {
  return chunk({ chunkStreamId: 4, type: 9, streamId: 1, timestamp, payload });
}

function audio(payload: Uint8Array, timestamp = 0): Uint8Array {
  return chunk({ chunkStreamId: 5, type: 8, streamId: 1, timestamp, payload });
}

async function isServed(enemy: Attacker): Promise<void> {
  await enemy.send(commandBytes("_checkbw", 9, 0));
  await enemy.heard("_result");
}

attack("media bodies of every first two bytes", {}, async (scene) => {
  const enemy = await scene.attacker().publish("garbage");
  const player = await scene.attacker().play("garbage");
  for (let first = 0; first < 256; first++) {
    const bodies = Array.from({ length: 256 }, (_, second) => Uint8Array.of(first, second, 0, 0, 0, 0, first, second));
    await enemy.send(...bodies.flatMap((body) => [video(body), audio(body)]));
    await enemy.send(...bodies.flatMap((body) => [video(body.subarray(0, 2)), audio(body.subarray(0, 2))]));
  }
  await isServed(enemy);
  await isServed(player);
  await scene.holdsAtMost(16 * MIB);
});

attack("a million empty messages of all kinds", {}, async (scene) => {
  const enemy = await scene.attacker().publish("empty");
  const player = await scene.attacker().play("empty");
  await enemy.send(video(keyframe));
  for (const type of [8, 9, 18, 15, 22]) {
    const start = chunk({ chunkStreamId: 4, type, streamId: 1 });
    // What follows is one byte for each message.
    for (let round = 0; round < 4; round++) await enemy.send(start, repeat(50_000, hex`c4`));
  }
  await isServed(enemy);
  await scene.holdsAtMost(40 * MIB);
  await isServed(player);
});

attack("a million messages of one byte, and a player that does not read them", {}, async (scene) => {
  const enemy = await scene.attacker().publish("tiny");
  const player = await scene.attacker().play("tiny");
  player.socket.pause();
  await enemy.send(video(keyframe), chunk({ chunkStreamId: 4, type: 9, streamId: 1, payload: hex`27` }));
  for (let round = 0; round < 20; round++) await enemy.send(repeat(50_000, hex`c4 27`));
  await isServed(enemy);
  await scene.holdsAtMost(40 * MIB);
});

attack("timestamps that jump over all of 32 bits", {}, async (scene) => {
  const enemy = await scene.attacker().publish("jumps");
  const player = await scene.attacker().play("jumps");
  let random = 1;
  for (let round = 0; round < 200; round++) {
    const messages = Array.from({ length: 50 }, (_, index) => {
      random = (Math.imul(random, 1_103_515_245) + 12_345) >>> 0;
      return index % 2 === 0 ? video(keyframe, random) : audio(hex`af 01 21`, random);
    });
    await enemy.send(...messages);
  }
  await isServed(enemy);
  await isServed(player);
  await scene.holdsAtMost(4 * MIB);
});

attack("metadata of 16 MB", { logged: "publish.config-limit" }, async (scene) => {
  const enemy = await scene.attacker().publish("large");
  await enemy.send(messageBytes(encodeData(1, 0, "@setDataFrame", "onMetaData", { text: "x".repeat(16_000_000) })));
  await enemy.closed;
});

attack("metadata under ever new names", { logged: "publish.config-limit" }, async (scene) => {
  const enemy = await scene.attacker().publish("names");
  await enemy.flood(5000, (index) => messageBytes(encodeData(1, 0, "@setDataFrame", `name ${index}`, 1)));
  await enemy.closed;
});

attack("a configuration of 20 kB for each of 256 tracks", { logged: "publish.config-limit" }, async (scene) => {
  const enemy = await scene.attacker().publish("tracks");
  const configuration = (trackId: number): Uint8Array =>
    concatBytes([hex`96 00 68766331`, Uint8Array.of(trackId), new Uint8Array(20_000)]);
  await enemy.flood(256, (trackId) => video(configuration(trackId)));
  await enemy.closed;
});

attack("a new configuration for each of 256 tracks, many times", {}, async (scene) => {
  const enemy = await scene.attacker().publish("tracks");
  for (let round = 0; round < 20; round++) {
    const configurations = Array.from({ length: 256 }, (_, trackId) =>
      video(concatBytes([hex`96 00 68766331`, Uint8Array.of(trackId, round), new Uint8Array(1000)])),
    );
    await enemy.send(...configurations);
  }
  await isServed(enemy);
  await scene.holdsAtMost(12 * MIB);
});

attack("16 MB messages as fast as they can be sent", {}, async (scene) => {
  const enemy = await scene.attacker().publish("heavy");
  const payload = concatBytes([keyframe, new Uint8Array(16_000_000)]);
  for (let round = 0; round < 12; round++) await enemy.send(video(payload, round * 40));
  await isServed(enemy);
  // One keyframe in the log, one in the decoder's buffer, and one that is on its way.
  await scene.holdsAtMost(64 * MIB);
});

attack(
  "16 MB messages without a keyframe for ever",
  { options: { limits: { maxGopBytes: 20_000_000 } } },
  async (scene) => {
    const enemy = await scene.attacker().publish("heavy");
    const payload = concatBytes([hex`27`, new Uint8Array(1_000_000)]);
    await enemy.send(video(keyframe));
    for (let round = 0; round < 100; round++) await enemy.send(video(payload, round * 40));
    await isServed(enemy);
    const { logBytes } = await scene.holdsAtMost(24 * MIB);
    ok(logBytes <= 21_000_000, `${logBytes} bytes in logs`);
  },
);

attack("publish and vanish 300 times", { options: { publish: { graceMs: 500 } } }, async (scene) => {
  for (let round = 0; round < 300; round++) {
    const enemy = await scene.attacker().publish(`vanished ${round}`);
    await enemy.send(video(concatBytes([keyframe, new Uint8Array(10_000)])));
    enemy.reset();
  }
  await scene.server.untilForgotten(1);
  await scene.holdsAtMost(6 * MIB);
});

for (const busyName of ["takeover", "refuse"] as const) {
  attack(
    `50 publishers that fight for one name: ${busyName}`,
    { options: { publish: { busyName } } },
    async (scene) => {
      const player = await scene.attacker().play("fight");
      const enemies = Array.from({ length: 50 }, () => scene.attacker());
      await Promise.all(enemies.map((enemy) => enemy.connect()));
      for (const enemy of enemies) {
        await enemy.send(commandBytes("createStream", 2, 0), commandBytes("publish", 3, 1, "fight"), video(keyframe));
      }
      const end = busyName === "refuse" ? "refused to publish" : "Another publisher took over live/fight";
      await scene.server.untilLogged(end, 49);
      await isServed(player);
    },
  );
}

attack(
  "one connection that fights itself for a name",
  { options: { publish: { busyName: "takeover" } } },
  async (scene) => {
    const enemy = await scene.attacker().connect();
    for (let id = 1; id <= 16; id++) await enemy.send(commandBytes("publish", 0, id, "mine"), video(keyframe));
    enemy.socket.end();
    await enemy.closed;
  },
);

attack("the neighbour's own name", { logged: "is already being published" }, async (scene) => {
  for (let round = 0; round < 3; round++) {
    const enemy = await scene.attacker().connect();
    await enemy.send(commandBytes("createStream", 2, 0), commandBytes("publish", 3, 1, "neighbour"), video(keyframe));
    await enemy.closed;
  }
});
