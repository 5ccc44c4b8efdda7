import { deepEqual, ok } from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after } from "node:test";
import { hex } from "../../src/bytes/hex.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { attack } from "./attack.ts";

const tls = { selfSignedFolder: temporaryFolder({ after }) };
const timeouts = { handshakeMs: 300, connectMs: 300, requestMs: 300, tunnelMs: 1000 };
const options = { tls, timeouts };

const text = (letters: string): Uint8Array => new TextEncoder().encode(letters);

/** What each way in begins with, and the code that a client gets who then stops. */
const BEGINNINGS: readonly (readonly [Uint8Array, string])[] = [
  [hex``, "timeout.first-byte"],
  [hex`03`, "timeout.handshake"],
  [hex`06`, "timeout.handshake"],
  [hex`09`, "timeout.handshake"],
  [hex`16`, "timeout.tls"],
  [hex`16 03 01 02 00 01 00 01 fc 03 03`, "timeout.tls"],
  [text("G"), "timeout.request"],
  [text("GET /live HTTP/1.1\r\nUpgrade: websocket\r\n"), "timeout.request"],
  [text("POST /open/1 HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\n"), "timeout.request"],
  [text("P"), "timeout.first-byte"],
  [text("PROXY"), "timeout.first-byte"],
  [hex`0d`, "timeout.first-byte"],
  [hex`0d0a0d0a000d0a51554954`, "timeout.first-byte"],
];

attack("each way's first bytes, and then nothing, 30 times at once", { options }, async (scene) => {
  const enemies = BEGINNINGS.flatMap(([bytes, code]) =>
    Array.from({ length: 30 }, () => ({ enemy: scene.attacker(), bytes, code })),
  );
  await Promise.all(enemies.map(({ enemy, bytes }) => enemy.send(bytes)));
  await Promise.all(enemies.map(({ enemy }) => enemy.closed));
  for (const code of new Set(BEGINNINGS.map(([, each]) => each))) {
    const count = enemies.filter((each) => each.code === code).length;
    await scene.server.untilLogged(code, count);
  }
});

attack("each of 256 first bytes, alone and with 4 kB of noise behind it", { options }, async (scene) => {
  const bytes = Array.from({ length: 256 }, (_, first) => first);
  const alone = bytes.map((first) => Uint8Array.of(first));
  const noisy = bytes.map((first) => Uint8Array.from([first, ...randomBytes(4000)]));
  const enemies = [...alone, ...noisy].map((sent) => ({ enemy: scene.attacker(), sent }));
  await Promise.all(enemies.map(({ enemy, sent }) => enemy.send(sent)));
  await Promise.all(enemies.map(({ enemy }) => enemy.closed));
  // Each has a line of its own that says why.
  const reasons = (): number =>
    scene.server.lines.filter(({ level, code, message, reason }) =>
      level === "warn" ? code !== "" : message === "connection closed" && !/^[a-z]+\.[a-z-]+: /.test(reason),
    ).length;
  await scene.server.until(`${enemies.length} reasons`, () => reasons() >= enemies.length);
});

attack("connections that are reset at once, and behind each first byte", { options }, async (scene) => {
  for (let round = 0; round < 5; round++) {
    const enemies = Array.from({ length: 100 }, () => scene.attacker());
    await Promise.all(
      enemies.map(async (enemy, index) => {
        await new Promise((resolve) => enemy.socket.once("connect", resolve));
        const [bytes] = BEGINNINGS[index % BEGINNINGS.length] ?? [];
        if (index % 2 === 0 && bytes !== undefined) enemy.socket.write(bytes);
        enemy.reset();
      }),
    );
  }
});

attack("connections that end at once, and behind each first byte", { options }, async (scene) => {
  const enemies = Array.from({ length: 10 * BEGINNINGS.length }, () => scene.attacker());
  for (const [index, enemy] of enemies.entries()) enemy.socket.end(BEGINNINGS[index % BEGINNINGS.length]?.[0] ?? hex``);
  await Promise.all(enemies.map(({ closed }) => closed));
  ok(scene.server.logged("connection closed") > 0);
});

attack(
  "more connections that say nothing than there may be: who leaves makes room",
  { options: { ...options, limits: { maxConnections: 100 } } },
  async (scene) => {
    const enemies = Array.from({ length: 300 }, () => scene.attacker());
    await Promise.all(enemies.map(({ closed }) => closed));
    await scene.server.untilLogged("too many connections", 202);
    await scene.server.untilLogged("timeout.first-byte", 98);
    deepEqual((await scene.server.measure()).sockets, 2);
  },
);
