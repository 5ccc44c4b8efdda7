import { concatBytes } from "../../src/bytes/concat.ts";
import { hex } from "../../src/bytes/hex.ts";
import { encodeUtf8 } from "../../src/bytes/utf8.ts";
import { encodeAmf0 } from "../../src/formats/amf/amf0-encoder.ts";
import { attack } from "./attack.ts";
import { type Attacker, chunk, commandBytes, repeat } from "./attacker.ts";

const MIB = 1024 * 1024;
const CALL: Uint8Array = concatBytes([encodeAmf0("whatever"), encodeAmf0(7), encodeAmf0(null)]);

/** The arguments of a call that the server cannot read, or will not: it says so, and the connection lives on. */
const BOMBS: readonly (readonly [string, () => Uint8Array])[] = [
  ["5 million objects inside each other", () => repeat(5_000_000, hex`03 0000`)],
  ["3 million arrays inside each other", () => repeat(3_000_000, hex`0a 00000001`)],
  ["AMF3 arrays inside each other", () => concatBytes([hex`11`, repeat(5_000_000, hex`09 03 01`)])],
  ["an array of 4 billion elements", () => hex`0a ffffffff 05`],
  ["an ECMA array of 4 billion elements", () => hex`08 ffffffff 0001 61 05 0000 09`],
  ["an AMF3 array of 268 million elements", () => hex`11 09 ffffffff 01`],
  ["an AMF3 vector of 268 million doubles", () => hex`11 0f ffffffff 00`],
  ["an AMF3 dictionary of 268 million entries", () => hex`11 11 ffffffff 00`],
  ["an AMF3 class of 134 million members", () => hex`11 0a fffffff3 01`],
  ["a string of 4 GiB", () => hex`0c ffffffff 61`],
  ["XML of 4 GiB", () => hex`0f ffffffff 3c`],
  ["references to references", () => concatBytes([hex`0a 000fffff 0a 00000000`, repeat(1_000_000, hex`07 0001`)])],
  ["references to the array around them", () => concatBytes([hex`0a 000fffff`, repeat(1_000_000, hex`07 0000`)])],
  ["a string of 60 kB by 100 000 references", stringBomb],
  ["a million empty objects", () => repeat(1_000_000, hex`03 0000 09`)],
  ["99 000 empty objects", () => repeat(99_000, hex`03 0000 09`)],
  ["a class that nobody knows", () => hex`11 0a 07 0b 48656c6c6f`],
  ["markers that do not exist", () => hex`ff ff ff ff`],
];

/** One literal string, and references to it. */
function stringBomb(): Uint8Array {
  const literal = new Uint8Array(60_000).fill(0x61);
  const references = repeat(100_000, hex`06 00`);
  return concatBytes([hex`11 09 868d41 01 06 83a941`, literal, references]);
}

async function isServed(enemy: Attacker): Promise<void> {
  await enemy.send(commandBytes("_checkbw", 9, 0));
  await enemy.heard("_result");
}

for (const [name, create] of BOMBS) {
  attack(name, {}, async (scene) => {
    const enemy = await scene.attacker().connect();
    await enemy.send(chunk({ type: 20, payload: concatBytes([CALL, create()]) }));
    await enemy.heard("NetConnection.Call.Failed");
    await isServed(enemy);
    await scene.holdsAtMost(22 * MIB);
  });
}

attack("the same bombs in connect", {}, async (scene) => {
  for (const [, create] of BOMBS) {
    const enemy = await scene.attacker().shakeHands();
    const payload = concatBytes([encodeAmf0("connect"), encodeAmf0(1), create().subarray(0, 60_000)]);
    await enemy.send(chunk({ type: 20, payload }));
    enemy.destroy();
  }
});

attack("the same bombs as metadata", {}, async (scene) => {
  for (const [, create] of BOMBS) {
    const enemy = await scene.attacker().publish("bombs");
    await enemy.send(chunk({ type: 18, streamId: 1, payload: concatBytes([encodeAmf0("onCuePoint"), create()]) }));
    await isServed(enemy);
    enemy.destroy();
    await enemy.closed;
  }
});

attack("a command without a name", { logged: "command.body" }, async ({ attacker }) => {
  for (const payload of [hex`05`, hex`00 0000000000000000`, hex``, hex`02 ffff 61`]) {
    const enemy = await attacker().connect();
    await enemy.send(chunk({ type: 20, payload }));
    await enemy.closed;
  }
});

attack("a method with a name of 15 MB", {}, async (scene) => {
  const enemy = await scene.attacker().connect();
  const name = new Uint8Array(15_000_000).fill(0x61);
  await enemy.send(
    chunk({ type: 20, payload: concatBytes([hex`0c 00e4e1c0`, name, encodeAmf0(7), encodeAmf0(null)]) }),
  );
  await enemy.heard("NetConnection.Call.Failed");
  await isServed(enemy);
  await scene.holdsAtMost(20 * MIB);
});

attack("connect with names of 60 kB", { logged: "refused to connect" }, async (scene) => {
  const enemy = await scene.attacker().shakeHands();
  await enemy.send(commandBytes("connect", 1, 0, { app: "a".repeat(20_000), flashVer: "v".repeat(20_000) }));
  await enemy.closed;
});

attack("connect with a flashVer of 60 kB", {}, async (scene) => {
  const enemy = await scene.attacker().shakeHands();
  await enemy.send(commandBytes("connect", 1, 0, { app: "live", flashVer: "v".repeat(60_000) }));
  await enemy.heard("NetConnection.Connect.Success");
  await enemy.send(commandBytes("createStream", 2, 0), commandBytes("publish", 3, 1, "long"));
  await enemy.heard("NetStream.Publish.Start");
});

attack("members that are called __proto__, constructor and toString", {}, async (scene) => {
  const enemy = await scene.attacker().shakeHands();
  const members = ["__proto__", "constructor", "toString", "hasOwnProperty", "then"].map((key) => {
    const name = encodeUtf8(key);
    return concatBytes([Uint8Array.of(0, name.length), name, hex`03 0001 61 01 01 0000 09`]);
  });
  const app = concatBytes([hex`0003`, encodeUtf8("app"), encodeAmf0("live")]);
  const payload = concatBytes([encodeAmf0("connect"), encodeAmf0(1), hex`03`, app, ...members, hex`0000 09`]);
  await enemy.send(chunk({ type: 20, payload }));
  await enemy.heard("NetConnection.Connect.Success");
  for (const name of ["__proto__", "constructor", "toString", "then"]) await enemy.send(commandBytes(name, 5, 0, {}));
  await enemy.heard("NetConnection.Call.Failed");
  await enemy.send(commandBytes("createStream", 6, 0), commandBytes("publish", 7, 1, "__proto__"));
  await enemy.heard("NetStream.Publish.Start");
});

attack("100 connections, each with as many values as a connect holds", {}, async (scene) => {
  const objects = repeat(15_000, hex`03 0000 09`);
  for (let count = 0; count < 100; count++) {
    const enemy = await scene.attacker().shakeHands();
    const connect = commandBytes("connect", 1, 0, { app: "live" });
    await enemy.send(chunk({ type: 20, payload: concatBytes([connect.subarray(12), objects]) }));
    await enemy.heard("NetConnection.Connect.Success");
  }
  await scene.holdsAtMost(100 * 100_000);
});
