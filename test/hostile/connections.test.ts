import { ok } from "node:assert/strict";
import { hex } from "../../src/bytes/hex.ts";
import { attack } from "./attack.ts";
import { chunk, commandBytes, handshakeBytes, setChunkSize } from "./attacker.ts";

const MIB = 1024 * 1024;

attack(
  "1 000 idle connections in each phase",
  {
    options: { timeouts: { handshakeMs: 2000, connectMs: 2000, idleMs: 2000, pingIntervalMs: 700 } },
    boundBytes: 10 * MIB,
  },
  async (scene) => {
    const enemies = Array.from({ length: 1000 }, () => scene.attacker());
    await Promise.all(
      enemies.map(async (enemy, index) => {
        if (index % 4 === 1) await enemy.send(handshakeBytes());
        if (index % 4 === 2) await enemy.shakeHands();
        if (index % 4 === 3) await enemy.connect();
      }),
    );
    await scene.holdsAtMost(1000 * 30_000);
    await Promise.all(enemies.map(({ closed }) => closed));
    for (const [code, count] of [
      ["timeout.first-byte", 250],
      // These stand in the line of the closed connection as well.
      ["timeout.handshake", 500],
      ["timeout.connect", 500],
      ["timeout.idle", 500],
    ] as const) {
      await scene.server.untilLogged(code, count);
    }
  },
);

attack("500 connections that send 60 kB at once and then nothing", {}, async (scene) => {
  const connect = commandBytes("connect", 1, 0, { app: "live" });
  const rest = chunk({ type: 77, payload: new Uint8Array(60_000) });
  for (let count = 0; count < 500; count++) {
    const enemy = scene.attacker();
    await enemy.send(handshakeBytes());
    await enemy.untilBytes(3073);
    await enemy.send(new Uint8Array(1536), setChunkSize(100_000), connect, rest);
    await enemy.heard("NetConnection.Connect.Success");
  }
  await scene.holdsAtMost(500 * 16_000);
});

attack("connections that reset in every phase", {}, async (scene) => {
  for (let round = 0; round < 10; round++) {
    const enemies = Array.from({ length: 6 }, () => scene.attacker());
    await enemies[0]?.send(hex`03`);
    await enemies[1]?.send(handshakeBytes());
    await enemies[2]?.shakeHands();
    await enemies[3]?.connect();
    await enemies[4]?.publish(`reset ${round}`);
    await enemies[5]?.play(`reset ${round}`);
    for (const enemy of enemies) enemy.reset();
  }
  await scene.server.untilLogged("connection closed", 60);
});

attack("more connections than there may be", { options: { limits: { maxConnections: 20 } } }, async (scene) => {
  const enemies = Array.from({ length: 18 }, () => scene.attacker());
  await Promise.all(enemies.map((enemy) => enemy.connect()));
  const late = Array.from({ length: 200 }, () => scene.attacker());
  await Promise.all(late.map(({ closed }) => closed));
  await scene.server.untilLogged("too many connections", 200);
  ok(enemies.every(({ isClosed }) => !isClosed));
});

attack(
  "more connections of one address than there may be",
  { options: { limits: { maxConnectionsPerAddress: 20 } } },
  async (scene) => {
    const enemies = Array.from({ length: 18 }, () => scene.attacker());
    await Promise.all(enemies.map((enemy) => enemy.connect()));
    const late = Array.from({ length: 1000 }, () => scene.attacker());
    await Promise.all(late.map(({ closed }) => closed));
    ok(enemies.every(({ isClosed }) => !isClosed));
    await scene.server.untilLogged("too many connections", 1000);
  },
);

attack("3 000 connections, one after the other", {}, async (scene) => {
  for (let round = 0; round < 30; round++) {
    const enemies = Array.from({ length: 100 }, () => scene.attacker());
    await Promise.all(enemies.map((enemy) => enemy.send(handshakeBytes())));
    for (const enemy of enemies) enemy.destroy();
  }
  await scene.holdsAtMost(8 * MIB);
});

attack(
  "as many broadcasts as may be waited for, and one more, while publishers still find room",
  { options: { limits: { maxBroadcasts: 10, maxNetStreams: 16 } } },
  async (scene) => {
    const enemy = await scene.attacker().connect();
    for (let id = 1; id <= 10; id++) await enemy.send(commandBytes("play", 0, id, `waited for ${id}`));
    await enemy.heard("waited for 10");
    await enemy.send(commandBytes("play", 0, 11, "one more"));
    await enemy.heard("The server has too many broadcasts. Raise maxBroadcasts, or come back later.");
    enemy.destroy();
    await scene.server.untilForgotten(1);
  },
);
