import { equal, match, ok, rejects } from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:net";
import { type TestContext, test } from "node:test";
import { concatBytes } from "../../src/bytes/concat.ts";
import { formatHex, hex, parseHex } from "../../src/bytes/hex.ts";
import { playFrom, publishTo } from "../../src/client/index.ts";
import { createKeyPair, PRIME } from "../../src/rtmp/handshake/diffie-hellman.ts";
import { type DigestLayout, LAYOUT_A, LAYOUT_B, signChallenge } from "../../src/rtmp/handshake/digest.ts";
import { PLAYER_KEY, SERVER_KEY } from "../../src/rtmp/handshake/genuine-keys.ts";
import { writePublicKey } from "../../src/rtmp/handshake/key-exchange.ts";
import { nodeCrypto } from "../../src/transport/node-crypto.ts";
import { attack } from "./attack.ts";
import { handshakeBytes } from "./attacker.ts";

const MIB = 1024 * 1024;
/** The neighbours are encrypted as well. */
const scheme = "rtmpe";
const short = { timeouts: { handshakeMs: 400, connectMs: 400 } };
const LAYOUTS = [LAYOUT_A, LAYOUT_B] as const;
const P = BigInt(`0x${formatHex(PRIME)}`);

const keyOf = (value: bigint): Uint8Array => parseHex(value.toString(16).padStart(256, "0"));

/** Keys that no honest peer has: the secret would be known, or the key is not of the group. */
const BAD_KEYS: readonly (readonly [string, Uint8Array])[] = [
  ["0", keyOf(0n)],
  ["1", keyOf(1n)],
  ["p - 1", keyOf(P - 1n)],
  ["p", keyOf(P)],
  ["p + 1", keyOf(P + 1n)],
  ["2^1024 - 1", keyOf(2n ** 1024n - 1n)],
  // Minus a square is no square where -1 is none, as modulo this prime.
  ["p - 4", keyOf(P - 4n)],
  ["p - 2^700", keyOf(P - 2n ** 700n)],
];

/** C1 or S1 with this key, in the place that the layout says, and signed there. */
function challengeWith(publicKey: Uint8Array, layout: DigestLayout, signingKey: Uint8Array): Uint8Array {
  const block = new Uint8Array(randomBytes(1536));
  block.set(hex`00000000 80000302`);
  writePublicKey(block, layout, publicKey);
  signChallenge(block, layout, signingKey, nodeCrypto);
  return block;
}

function goodChallenge(layout: DigestLayout): Uint8Array {
  return challengeWith(createKeyPair(nodeCrypto).publicKey, layout, PLAYER_KEY);
}

const hello = (version: number, c1: Uint8Array): Uint8Array => concatBytes([Uint8Array.of(version), c1]);

attack("public keys that no honest client has", { scheme, options: short }, async (scene) => {
  const enemies = BAD_KEYS.flatMap(([name, key]) =>
    LAYOUTS.flatMap((layout) =>
      [6, 8, 9].map((version) => ({ name, version, c1: challengeWith(key, layout, PLAYER_KEY) })),
    ),
  );
  for (const { name, version, c1 } of enemies) {
    const enemy = scene.attacker();
    await enemy.send(hello(version, c1));
    await enemy.closed;
    equal(enemy.bytesRead, 0, `${name} was answered`);
  }
  await scene.server.untilLogged("handshake.public-key", enemies.length);
});

attack("digests that are wrong, in both layouts", { scheme, options: short }, async (scene) => {
  let count = 0;
  for (const layout of LAYOUTS) {
    for (const at of [0, 4, 8, 12, 100, 768, 772, 776, 900, 1400, 1531, 1535]) {
      const c1 = goodChallenge(layout);
      c1[at] = (c1[at] ?? 0) ^ 0x40;
      const enemy = scene.attacker();
      await enemy.send(hello(6, c1));
      await enemy.closed;
      equal(enemy.bytesRead, 0);
      count++;
    }
  }
  for (const c1 of [
    handshakeBytes().subarray(1),
    new Uint8Array(1536).fill(0xff),
    new Uint8Array(randomBytes(1536)),
    challengeWith(createKeyPair(nodeCrypto).publicKey, LAYOUT_A, SERVER_KEY),
  ]) {
    const enemy = scene.attacker();
    await enemy.send(hello(6, c1));
    await enemy.closed;
    count++;
  }
  await scene.server.untilLogged("handshake.signature", count);
});

attack(
  "handshakes that end at 40 places, by silence, by an end and by a reset",
  { scheme, options: short },
  async (scene) => {
    const whole = concatBytes([hello(6, goodChallenge(LAYOUT_B)), new Uint8Array(1536)]);
    const enemies = Array.from({ length: 120 }, (_, index) => ({
      enemy: scene.attacker(),
      bytes: whole.subarray(0, 1 + Math.floor(index / 3) * 78),
      end: index % 3,
    }));
    await Promise.all(
      enemies.map(async ({ enemy, bytes, end }) => {
        await enemy.send(bytes);
        if (end === 1) enemy.socket.end();
        if (end === 2) enemy.reset();
        await enemy.closed;
      }),
    );
    await scene.server.untilLogged("timeout.handshake", 40);
  },
);

attack("anything behind a good handshake", { scheme, options: short }, async (scene) => {
  const rest: readonly (readonly [string, Uint8Array])[] = [
    ["garbage as C2, and garbage", new Uint8Array(randomBytes(20_000))],
    ["chunks in clear", concatBytes([new Uint8Array(1536), hex`03 000000 000019 14 00000000`, new Uint8Array(25)])],
    ["zeros", new Uint8Array(100_000)],
    ["nothing but C2", new Uint8Array(1536)],
    ["16 KiB at once", new Uint8Array(16 * 1024)],
  ];
  for (const [, bytes] of rest) {
    for (const layout of LAYOUTS) {
      const enemy = scene.attacker();
      await enemy.send(hello(8, goodChallenge(layout)));
      await enemy.untilBytes(3073);
      await enemy.send(bytes);
      await enemy.closed;
    }
  }
  const impatient = scene.attacker();
  await impatient.send(hello(6, goodChallenge(LAYOUT_A)), new Uint8Array(16 * 1024));
  await impatient.closed;
  await scene.server.untilLogged("handshake.limit");
  const reasons = scene.server.lines.filter(({ message, reason }) => message === "connection closed" && reason !== "");
  ok(reasons.length >= 2 * rest.length + 1);
});

attack("200 key exchanges at once", { scheme, options: { timeouts: { handshakeMs: 2000 } } }, async (scene) => {
  const enemies = Array.from({ length: 200 }, () => scene.attacker());
  await Promise.all(enemies.map(({ socket }) => once(socket, "connect")));
  const hellos = enemies.map((_, index) => hello(6, goodChallenge(index % 2 === 0 ? LAYOUT_A : LAYOUT_B)));
  await Promise.all(enemies.map((enemy, index) => enemy.send(hellos[index] ?? hex``)));
  await Promise.all(enemies.map((enemy) => enemy.untilBytes(3073)));
  await scene.holdsAtMost(8 * MIB);
  await Promise.all(enemies.map(({ closed }) => closed));
  await scene.server.untilLogged("timeout.handshake", 200);
});

/** A server that answers C0 and C1 with what the test says, and how our client ends. */
async function answerWith(context: TestContext, answer: (c0c1: Buffer) => Uint8Array): Promise<string> {
  const server = createServer((socket) => {
    socket.on("error", () => {});
    let received = Buffer.alloc(0);
    socket.on("data", (bytes: Buffer) => {
      const isFirst = received.length < 1537;
      received = Buffer.concat([received, bytes]);
      if (isFirst && received.length >= 1537) socket.write(answer(received));
    });
    socket.on("end", () => socket.end());
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  context.after(() => server.close());
  const address = server.address();
  const url = `rtmpe://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}/live/key`;
  let reason = "";
  const timeouts = { handshakeMs: 300, answerMs: 300, closeMs: 300 };
  for (const open of [publishTo, playFrom]) {
    await rejects(open(url, { timeouts }), (error: Error & { readonly code?: string }) => {
      reason = `${error.code}: ${error.message}`;
      return true;
    });
  }
  return reason;
}

const S2 = new Uint8Array(1536);

test("our client refuses the keys of a hostile server, in both layouts", async (context) => {
  for (const [name, key] of BAD_KEYS) {
    for (const layout of LAYOUTS) {
      const answer = hello(6, challengeWith(key, layout, SERVER_KEY));
      match(await answerWith(context, () => concatBytes([answer, S2])), /^handshake\.public-key: /, name);
    }
  }
});

test("our client and other handshakes of a hostile server", async (context) => {
  const good = (): Uint8Array => challengeWith(createKeyPair(nodeCrypto).publicKey, LAYOUT_A, SERVER_KEY);
  for (const [name, answer, expected] of [
    ["in clear", () => concatBytes([hex`03`, S2, S2]), /^handshake\.version: .*must not go on in clear/],
    ["a plain S1", () => concatBytes([hex`06`, S2, S2]), /^handshake\.signature: /],
    ["signed by a player", () => concatBytes([hex`06`, goodChallenge(LAYOUT_A), S2]), /^handshake\.signature: /],
    ["its own C1", (c0c1: Buffer) => concatBytes([c0c1, S2]), /^handshake\.signature: /],
    ["half of S1", () => hello(6, good()).subarray(0, 700), /^timeout\.server-handshake: /],
    ["no S2", () => hello(6, good()), /^timeout\.server-handshake: /],
    ["garbage as S2, and then silence", () => concatBytes([hello(6, good()), randomBytes(1536)]), /^timeout\.answer: /],
    ["garbage behind it", () => concatBytes([hello(9, good()), S2, randomBytes(9000)]), /^(chunk|timeout)\./],
    ["17 kB before C2", () => concatBytes([hello(6, good()), new Uint8Array(17 * 1024)]), /^handshake\.limit: /],
    ["version 7", () => concatBytes([hello(7, good()), S2]), /^handshake\.version: /],
  ] as const) {
    match(await answerWith(context, answer), expected, name);
  }
});
