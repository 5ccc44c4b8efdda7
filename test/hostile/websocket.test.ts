import { concatBytes } from "../../src/bytes/concat.ts";
import { hex } from "../../src/bytes/hex.ts";
import { encodeFrame, Opcode, type RawFrame } from "../support/raw-websocket.ts";
import { attack, type Scene } from "./attack.ts";
import { type Attacker, commandBytes, handshakeBytes, repeat } from "./attacker.ts";
import { connectBytes, latin1, requestBytes } from "./http-bytes.ts";

const MIB = 1024 * 1024;
/** The neighbours come by WebSockets as well. */
const scheme = "ws";
const options = {
  timeouts: { handshakeMs: 1500, connectMs: 1500, requestMs: 500, tunnelMs: 1000, idleMs: 2000, pingIntervalMs: 500 },
};

const HEADERS: Readonly<Record<string, string>> = {
  Host: "a",
  Connection: "Upgrade",
  Upgrade: "websocket",
  "Sec-WebSocket-Version": "13",
  "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
};

/** Asks for a WebSocket; headers that are empty are left out. */
function upgradeBytes(more: Readonly<Record<string, string>> = {}, line = "GET /live HTTP/1.1"): Uint8Array {
  const headers = Object.entries({ ...HEADERS, ...more }).filter(([, value]) => value !== "");
  return requestBytes([line, ...headers.map(([name, value]) => `${name}: ${value}`)]);
}

const frames = (...all: readonly RawFrame[]): Uint8Array => concatBytes(all.map(encodeFrame));
const binary = (payload: Uint8Array): Uint8Array => encodeFrame({ opcode: Opcode.Binary, payload });

async function open(scene: Scene): Promise<Attacker> {
  const enemy = scene.attacker();
  await enemy.send(upgradeBytes());
  await enemy.said(/^HTTP\/1\.1 101 [\s\S]*?\r\n\r\n/);
  return enemy;
}

async function openConnected(scene: Scene): Promise<Attacker> {
  const enemy = await open(scene);
  await enemy.send(binary(connectBytes("live")));
  await enemy.heard("NetConnection.Connect.Success");
  return enemy;
}

const close = (code: number): RawFrame => ({ opcode: Opcode.Close, payload: Uint8Array.of(code >> 8, code) });
const data = new Uint8Array(5);

/** What RFC 6455 forbids, or what we do not take, and words of its reason in the log. */
const VIOLATIONS: readonly (readonly [string, Uint8Array, string])[] = [
  ["no mask", frames({ opcode: Opcode.Binary, payload: data, isMasked: false }), "MASK must be set"],
  ...[1, 2, 4, 7].map(
    (reserved) =>
      [`reserved bits ${reserved}`, frames({ opcode: Opcode.Binary, payload: data, reserved }), "RSV"] as const,
  ),
  ...[3, 4, 5, 6, 7, 11, 12, 13, 14, 15].map(
    (opcode) => [`opcode ${opcode}`, frames({ opcode }), `invalid opcode ${opcode}`] as const,
  ),
  ["a length of 2^63", frames({ opcode: Opcode.Binary, length: 2n ** 63n }), "payload"],
  ["a length of 2^53", frames({ opcode: Opcode.Binary, length: 2n ** 53n }), "payload"],
  ["a length of 4 MiB and 1", frames({ opcode: Opcode.Binary, length: 4n * 1024n * 1024n + 1n }), "payload"],
  ["a ping of 126 bytes", frames({ opcode: Opcode.Ping, payload: new Uint8Array(126) }), "invalid payload length"],
  ["a close of 2 kB", frames({ opcode: Opcode.Close, payload: new Uint8Array(2000) }), "invalid payload length"],
  ["a ping in parts", frames({ opcode: Opcode.Ping, isFinal: false }), "FIN must be set"],
  ["text", frames({ opcode: Opcode.Text, payload: data }), "the peer sent text"],
  ["text that is none", frames({ opcode: Opcode.Text, payload: hex`ff fe` }), "invalid UTF-8"],
  ["a continuation first", frames({ opcode: Opcode.Continuation, payload: data }), "invalid opcode 0"],
  [
    "a frame within another",
    frames({ opcode: Opcode.Binary, isFinal: false }, { opcode: Opcode.Binary }),
    "invalid opcode 2",
  ],
  ["2000 parts", parts(2000), "fragments"],
  ["a close of one byte", frames({ opcode: Opcode.Close, payload: hex`03` }), "invalid payload length 1"],
  ...[0, 999, 1004, 1005, 1006, 1016, 2999, 5000, 65_535].map(
    (code) => [`the close code ${code}`, frames(close(code)), "invalid status code"] as const,
  ),
  ["a close code that blames us", frames(close(1002)), "the peer closed the WebSocket with 1002"],
  ["half a frame, and then nothing", binary(handshakeBytes()).subarray(0, 500), "timeout."],
  ["half a header, and then nothing", hex`82`, "timeout."],
  ["nothing", hex``, "timeout."],
];

function parts(count: number): Uint8Array {
  const part = encodeFrame({ opcode: Opcode.Continuation, payload: hex`03`, isFinal: false });
  return concatBytes([encodeFrame({ opcode: Opcode.Binary, isFinal: false }), repeat(count, part)]);
}

attack("what RFC 6455 forbids, before and behind connect", { scheme, options }, async (scene) => {
  await Promise.all(
    VIOLATIONS.flatMap(([, bytes]) =>
      [open, openConnected].map(async (begin) => {
        const enemy = await begin(scene);
        await enemy.send(bytes);
        await enemy.closed;
      }),
    ),
  );
  for (const reason of new Set(VIOLATIONS.map(([, , each]) => each))) {
    const count = 2 * VIOLATIONS.filter(([, , each]) => each === reason).length;
    await scene.server.untilLogged(reason, count);
  }
});

/** Requests for a WebSocket that get none. */
const REFUSED: readonly Uint8Array[] = [
  upgradeBytes({ "Sec-WebSocket-Key": "" }),
  upgradeBytes({ "Sec-WebSocket-Key": "abc" }),
  upgradeBytes({ "Sec-WebSocket-Key": "x".repeat(9000) }),
  upgradeBytes({ "Sec-WebSocket-Version": "" }),
  upgradeBytes({ "Sec-WebSocket-Version": "12" }),
  upgradeBytes({ "Sec-WebSocket-Version": "13, 8" }),
  upgradeBytes({ "Sec-WebSocket-Protocol": "a,,b" }),
  upgradeBytes({ "Sec-WebSocket-Extensions": "permessage-deflate; =", Upgrade: "websocket, h2c" }),
  upgradeBytes({}, "POST /live HTTP/1.1"),
  upgradeBytes({ Upgrade: "websocket2" }),
  upgradeBytes({}, "GET /live HTTP/1.0"),
];

attack("requests for a WebSocket that are none", { scheme, options }, async (scene) => {
  const before = scene.server.lines.length;
  for (const bytes of REFUSED) {
    const enemy = scene.attacker();
    await enemy.send(bytes);
    await enemy.said(/^HTTP\/1\.1 4\d\d/);
    await enemy.closed;
  }
  const told = (): number => scene.server.lines.slice(before).filter(({ code }) => code === "http.request").length;
  await scene.server.until("a line for each", () => told() >= REFUSED.length);
});

attack("frames that come with the request", { scheme, options }, async (scene) => {
  const enemy = scene.attacker();
  await enemy.send(upgradeBytes(), binary(connectBytes("live")));
  await enemy.heard("NetConnection.Connect.Success");
  const liar = scene.attacker();
  await liar.send(upgradeBytes(), frames({ opcode: 3 }), latin1("GET / HTTP/1.1\r\nHost: a\r\n\r\n"));
  await liar.closed;
  const early = scene.attacker();
  // The answer to the first is still to come.
  await early.send(requestBytes(["POST /fcs/ident2 HTTP/1.1", "Host: a"]), upgradeBytes(), frames(close(1000)));
  await early.closed;
});

attack("a flood of pings, and answers that nobody reads", { scheme, options }, async (scene) => {
  const pings = repeat(500, encodeFrame({ opcode: Opcode.Ping, payload: new Uint8Array(125) }));
  const enemies = await Promise.all(Array.from({ length: 10 }, () => openConnected(scene)));
  for (const enemy of enemies) enemy.socket.pause();
  await Promise.all(
    enemies.map(async (enemy) => {
      for (let round = 0; round < 300; round++) {
        if (!(await Promise.race([enemy.send(pings), pause(300).then(() => false)]))) return;
      }
    }),
  );
  await scene.holdsAtMost(10 * MIB);
  await scene.alone();
});

attack("a million frames of one byte, and of none", { scheme, options }, async (scene) => {
  const ones = await openConnected(scene);
  const connected = commandBytes("_checkbw", 9, 0);
  for (let round = 0; round < 10; round++) {
    await ones.send(repeat(50_000, encodeFrame({ opcode: Opcode.Binary })));
    for (const byte of connected) await ones.send(binary(Uint8Array.of(byte)));
  }
  await ones.heard("_result");
  const others = await openConnected(scene);
  await others.send(repeat(500_000, binary(hex`03`)));
  await others.closed;
  await scene.holdsAtMost(6 * MIB);
});

attack("frames of 4 MiB that never end, 20 times", { scheme, options }, async (scene) => {
  const enemies = await Promise.all(Array.from({ length: 20 }, () => open(scene)));
  const most = encodeFrame({ opcode: Opcode.Binary, payload: new Uint8Array(4 * MIB) }).subarray(0, -1);
  await Promise.all(enemies.map((enemy) => enemy.send(most)));
  await scene.holdsAtMost(20 * 4.5 * MIB);
  await Promise.all(enemies.map(({ closed }) => closed));
});

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
