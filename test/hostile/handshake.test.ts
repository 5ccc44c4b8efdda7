import { equal, ok } from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { hex } from "../../src/bytes/hex.ts";
import { attack } from "./attack.ts";
import { commandBytes, handshakeBytes, repeat } from "./attacker.ts";

const short = { timeouts: { handshakeMs: 300, connectMs: 300 } };
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

for (const [name, bytes, code] of [
  ["a TLS hello without TLS", hex`16 03 01 02 00 01 00 01 fc 03 03`, "handshake.tls"],
  ["an HTTP request", new TextEncoder().encode("GET / HTTP/1.1\r\nHost: a\r\n\r\n"), "handshake.http"],
  ["encrypted RTMP", Uint8Array.from({ length: 1537 }, () => 6), "handshake.version"],
  ["random bytes", Uint8Array.from([0xf1, ...randomBytes(9000)]), "handshake.version"],
] as const) {
  attack(`${name} where only RTMP is taken`, { options: { accept: ["rtmp"] }, logged: code }, async ({ attacker }) => {
    const enemy = attacker();
    await enemy.send(bytes);
    await enemy.closed;
  });
}

attack("zeros", { options: short, logged: "timeout.connect" }, async ({ attacker }) => {
  const enemy = attacker();
  await enemy.send(new Uint8Array(10_000));
  await enemy.closed;
});

attack("16 KiB and one byte before the answer", { logged: "handshake.limit" }, async ({ attacker }) => {
  const enemy = attacker();
  await enemy.send(handshakeBytes(), new Uint8Array(16 * 1024 + 1 - 1537));
  await enemy.closed;
});

attack("nothing but C0", { options: short, logged: "timeout.handshake" }, async ({ attacker }) => {
  const enemy = attacker();
  await enemy.send(hex`03`);
  await enemy.closed;
});

attack("a handshake of one byte at a time", { options: short, logged: "timeout.handshake" }, async ({ attacker }) => {
  const enemy = attacker();
  let sent = 0;
  for (; sent < 3000 && (await enemy.send(hex`03`)); sent++) await pause(5);
  await enemy.closed;
  ok(sent < 500, "it had as long as it liked");
});

attack(
  "a handshake, then a connect of one byte at a time",
  { options: short, logged: "timeout.connect" },
  async (scene) => {
    const enemy = await scene.attacker().shakeHands();
    const bytes = commandBytes("connect", 1, 0, { app: "live", flashVer: "x".repeat(3000) });
    for (let sent = 0; sent < 3000 && (await enemy.send(bytes.subarray(sent, sent + 1))); sent++) await pause(5);
    await enemy.closed;
  },
);

attack("handshakes cut at 40 places, then a reset", {}, async ({ attacker, server }) => {
  for (let length = 1; length < 3200; length += 80) {
    const enemy = attacker();
    await enemy.send(new Uint8Array(length).fill(3, 0, 1));
    enemy.reset();
    await enemy.closed;
  }
  await server.untilLogged("connection closed", 40);
});

attack("random bytes behind a handshake", {}, async ({ attacker, server }) => {
  const codes = server.lines.length;
  for (let round = 0; round < 20; round++) {
    const enemy = await attacker().shakeHands();
    await enemy.flood(200, () => randomBytes(5000));
    enemy.destroy();
    await enemy.closed;
  }
  await server.until("20 errors", () => server.lines.slice(codes).filter(({ code }) => code !== "").length >= 20);
});

attack("a megabyte at once, as the first piece", { logged: "handshake.limit" }, async ({ attacker }) => {
  const enemy = attacker();
  await enemy.send(handshakeBytes(), repeat(1_000_000, hex`02`));
  await enemy.closed;
});

attack("200 connections that do nothing", { options: short, logged: "timeout.first-byte" }, async (scene) => {
  const enemies = Array.from({ length: 200 }, () => scene.attacker());
  await Promise.all(enemies.map(({ closed }) => closed));
  equal(scene.server.logged("timeout.first-byte") >= 200, true);
});
