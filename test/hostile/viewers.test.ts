import { ok } from "node:assert/strict";
import { concatBytes } from "../../src/bytes/concat.ts";
import { hex } from "../../src/bytes/hex.ts";
import { attack } from "./attack.ts";
import { type Attacker, chunk, commandBytes } from "./attacker.ts";

const MIB = 1024 * 1024;
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Publishes `megabytes` in keyframes of 100 kB. */
async function publishFrames(source: Attacker, megabytes: number): Promise<void> {
  const payload = concatBytes([hex`17 01 000000`, new Uint8Array(100_000)]);
  for (let count = 0; count < megabytes * 10; count++) {
    await source.send(chunk({ chunkStreamId: 4, type: 9, streamId: 1, timestamp: count * 40, payload }));
  }
}

for (const interleave of ["message", "chunk"] as const) {
  const options = { play: { blockedTimeoutMs: 600, interleave } };
  attack(`20 players that never read, by ${interleave}`, { options, logged: "viewer.slow" }, async (scene) => {
    const source = await scene.attacker().publish("stuck");
    const stuck = await Promise.all(Array.from({ length: 20 }, () => scene.attacker().play("stuck")));
    for (const player of stuck) player.socket.pause();
    await publishFrames(source, 60);
    await scene.holdsAtMost(48 * MIB);
    await scene.server.untilLogged("viewer.slow", 40);
  });

  attack(
    `a player that reads one byte at a time, by ${interleave}`,
    { options, logged: "viewer.slow" },
    async (scene) => {
      const source = await scene.attacker().publish("slow");
      const player = await scene.attacker().play("slow");
      player.socket.pause();
      let isOver = false;
      const reading = (async (): Promise<void> => {
        for (; !isOver; await pause(100)) player.socket.read(1);
      })();
      await publishFrames(source, 40);
      await scene.holdsAtMost(24 * MIB);
      await scene.server.untilLogged("viewer.slow");
      isOver = true;
      await reading;
    },
  );
}

attack(
  "a player that never reads, of a message of 16 MB",
  { options: { play: { blockedTimeoutMs: 600 } }, logged: "viewer.slow" },
  async (scene) => {
    const source = await scene.attacker().publish("huge");
    const players = await Promise.all(Array.from({ length: 10 }, () => scene.attacker().play("huge")));
    for (const player of players) player.socket.pause();
    const payload = concatBytes([hex`17 01 000000`, new Uint8Array(16_000_000)]);
    for (let count = 0; count < 3; count++) {
      await source.send(chunk({ chunkStreamId: 4, type: 9, streamId: 1, timestamp: count * 40, payload }));
    }
    // The message is there once for all who wait for it.
    await scene.holdsAtMost(5 * 16 * MIB);
    await scene.server.untilLogged("viewer.slow", 10);
  },
);

attack(
  "16 streams on one connection that never reads",
  { options: { play: { blockedTimeoutMs: 600 } }, logged: "viewer.slow" },
  async (scene) => {
    const source = await scene.attacker().publish("many");
    const player = await scene.attacker().connect();
    for (let id = 1; id <= 16; id++) await player.send(commandBytes("play", 0, id, "many"));
    player.socket.pause();
    await publishFrames(source, 30);
    await scene.holdsAtMost(24 * MIB);
    await scene.server.untilLogged("viewer.slow");
  },
);

attack("players that close their half, and read on", { logged: "the client ended the connection" }, async (scene) => {
  const source = await scene.attacker().publish("half");
  const players = await Promise.all(Array.from({ length: 10 }, () => scene.attacker().play("half")));
  for (const player of players) player.socket.end();
  await publishFrames(source, 5);
  await Promise.all(players.map(({ closed }) => closed));
});

attack("players that come and vanish while megabytes are on their way", {}, async (scene) => {
  const source = await scene.attacker().publish("churn");
  await publishFrames(source, 2);
  for (let round = 0; round < 30; round++) {
    const players = await Promise.all(Array.from({ length: 5 }, () => scene.attacker().play("churn")));
    await publishFrames(source, 1);
    for (const player of players) player.reset();
  }
  await scene.holdsAtMost(12 * MIB);
  ok(!source.isClosed);
});
