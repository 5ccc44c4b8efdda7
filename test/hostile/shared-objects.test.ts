import { deepEqual, equal, ok } from "node:assert/strict";
import { readdirSync } from "node:fs";
import { after } from "node:test";
import { concatBytes } from "../../src/bytes/concat.ts";
import { connect } from "../../src/client/index.ts";
import type { AmfEncodable } from "../../src/formats/amf/amf-value.ts";
import { encodeSharedObject } from "../../src/rtmp/message/encode-shared-object.ts";
import type { SharedObjectEvent } from "../../src/rtmp/message/shared-object.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { attack, type Scene } from "./attack.ts";
import { chunk, messageBytes, repeat } from "./attacker.ts";

const MIB = 1024 * 1024;
const USE = { kind: "use" } as const;
const manyCommands = { maxCommandsPerSecond: 10_000_000 };
const sharedObjects = { limits: { maxTotalBytes: 8 * MIB } };
const folder = temporaryFolder({ after });

type Asked = readonly SharedObjectEvent<AmfEncodable>[];

/** A message about an object, as the attacker's clients send it: chunk stream 3, so that it stays in order with calls. */
function objectBytes(name: string, ...events: Asked): Uint8Array {
  return messageBytes(encodeSharedObject({ name, version: 0, isPersistent: false, events }));
}

function set(key: string, value: AmfEncodable): SharedObjectEvent<AmfEncodable> {
  return { kind: "request-change", key, value };
}

/** Two who have nothing to do with the attack, in the same application instance: what one says the other hears, all of it. */
async function talk(port: number): Promise<() => Promise<void>> {
  const connections = await Promise.all(
    [0, 3].map((objectEncoding) =>
      connect(`rtmp://127.0.0.1:${port}/chat/room`, { objectEncoding: objectEncoding === 3 ? 3 : 0 }),
    ),
  );
  const heard: number[] = [];
  const seen: number[] = [];
  const [speaker, listener] = await Promise.all(
    connections.map((connection) =>
      connection.sharedObject<{ count: number }>("neighbours", {
        handlers: { say: (count: number) => heard.push(count) },
      }),
    ),
  );
  ok(speaker !== undefined && listener !== undefined);
  speaker.handlers.clear();
  listener.onChange((changes) => void seen.push(changes[0]?.value ?? -1));
  let count = 0;
  const timer = setInterval(() => {
    speaker.set("count", ++count);
    speaker.send("say", count);
  }, 20);
  return async () => {
    clearInterval(timer);
    speaker.send("say", -1);
    for (const deadlineMs = performance.now() + 20_000; heard.at(-1) !== -1; ) {
      ok(performance.now() < deadlineMs && listener.isOpen, "the neighbours do not hear each other any more");
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    deepEqual(heard, [...Array.from({ length: count }, (_, index) => index + 1), -1]);
    equal(listener.data.count, count);
    equal(seen.at(-1), count);
    await Promise.all(connections.map((connection) => connection.close()));
  };
}

/** An attack beside neighbours that use a shared object. */
function objectAttack(name: string, options: Parameters<typeof attack>[1], run: (scene: Scene) => Promise<void>): void {
  const given = { sharedObjects, limits: manyCommands, ...options.options };
  attack(name, { ...options, options: given }, async (scene) => {
    const finish = await talk(scene.port);
    await run(scene);
    await finish();
  });
}

objectAttack("an object grown without end, slot by slot and value by value", {}, async (scene) => {
  const enemy = await scene.attacker().connect("chat/room");
  await enemy.send(objectBytes("o", USE));
  await enemy.heard("o\0\0\0\x01");
  for (let round = 0; round < 300; round++) {
    await enemy.send(objectBytes("o", set(`slot ${round}`, "x".repeat(60_000))));
  }
  const small = Array.from({ length: 900 }, (_, index) => set(`small ${index}`, index));
  for (let round = 0; round < 30; round++) {
    await enemy.send(objectBytes("p", USE, ...small.map((event, index) => ({ ...event, key: `${round}-${index}` }))));
  }
  await enemy.send(objectBytes("end", USE));
  await enemy.heard("\0\x03end");
  // The values in both forms of AMF, and the slots.
  await scene.holdsAtMost(30 * MIB);
});

objectAttack("10 000 objects opened, by one and by many connections", {}, async (scene) => {
  for (let connection = 0; connection < 40; connection++) {
    const enemy = await scene.attacker().connect(connection % 2 === 0 ? "chat/room" : `chat/${connection}`);
    const uses = Array.from({ length: 250 }, (_, index) => objectBytes(`object ${connection}-${index}`, USE));
    await enemy.send(concatBytes(uses));
    await enemy.heard(`object ${connection}-249`);
  }
  const one = await scene.attacker().connect("chat/room");
  for (let index = 0; index < 10_000; index++) await one.send(objectBytes(`more ${index}`, USE));
  await one.heard("more 9999");
  await scene.holdsAtMost(40 * MIB);
});

objectAttack("Use of one large object again and again, and nothing read", {}, async (scene) => {
  const writer = await scene.attacker().connect("chat/room");
  await writer.send(objectBytes("large", USE));
  for (let index = 0; index < 60; index++) await writer.send(objectBytes("large", set(`${index}`, "x".repeat(60_000))));
  await writer.send(objectBytes("end", USE));
  await writer.heard("\0\x03end");
  const enemy = await scene.attacker().connect("chat/room");
  enemy.socket.pause();
  await enemy.flood(200, () => repeat(100, objectBytes("large", USE)));
  for (let round = 0; round < 50; round++) {
    await enemy.send(objectBytes("large", { kind: "release" }, USE, { kind: "release" }, USE));
    await writer.send(objectBytes("large", set("0", `${round}`)));
  }
  await scene.holdsAtMost(24 * MIB);
});

objectAttack(
  "a large object opened by a hundred connections that do not read: it lies in few sockets",
  {
    options: { sharedObjects: { limits: { maxTotalBytes: 8 * MIB, maxUnreadBytes: 16 * MIB } }, limits: manyCommands },
  },
  async (scene) => {
    const writer = await scene.attacker().connect("chat/room");
    await writer.send(objectBytes("large", USE));
    for (let index = 0; index < 65; index++)
      await writer.send(objectBytes("large", set(`${index}`, "x".repeat(60_000))));
    await writer.send(objectBytes("end", USE));
    await writer.heard("\0\x03end");
    for (let index = 0; index < 100; index++) {
      const enemy = await scene.attacker().connect("chat/room");
      enemy.socket.pause();
      await enemy.send(objectBytes("large", USE));
    }
    // The object as AMF0 and as AMF3, what may lie in sockets, and the message that is shared.
    await scene.holdsAtMost(60 * MIB);
  },
);

objectAttack("a flood of calls to all, long and short, refused beyond their rate", {}, async (scene) => {
  const silent = await scene.attacker().connect("chat/room");
  await silent.send(objectBytes("neighbours", USE));
  silent.socket.pause();
  const enemy = await scene.attacker().connect("chat/room");
  await enemy.send(objectBytes("neighbours", USE));
  const call = objectBytes("neighbours", { kind: "send", method: "nobody has this", args: ["x".repeat(50_000)] });
  await enemy.flood(300, () => repeat(10, call));
  const short = objectBytes("neighbours", ...Array(900).fill({ kind: "send", method: "f", args: [] }));
  await enemy.flood(300, () => short);
  await scene.holdsAtMost(24 * MIB);
});

objectAttack(
  "commands beyond their rate, as shared objects",
  { options: { limits: {} }, logged: "session.flood" },
  async (scene) => {
    const enemy = await scene.attacker().connect("chat/room");
    await enemy.flood(100, () => repeat(100, objectBytes("o", USE)));
    await enemy.closed;
  },
);

objectAttack("slots and objects named __proto__, constructor and the like", {}, async (scene) => {
  const names = ["__proto__", "constructor", "toString", "hasOwnProperty", "then", "valueOf", ""];
  const url = `rtmp://127.0.0.1:${scene.port}/chat/room`;
  const [writer, reader] = await Promise.all([connect(url), connect(url, { objectEncoding: 3 })]);
  for (const name of names.slice(0, -1)) {
    const [mine, theirs] = await Promise.all([writer.sharedObject(name), reader.sharedObject(name)]);
    for (const key of names)
      mine.set(key, { ["__proto__"]: { polluted: true }, constructor: { prototype: { polluted: true } } });
    while (theirs.keys().length < names.length) await new Promise((resolve) => setImmediate(resolve));
    deepEqual(theirs.keys(), names);
    equal(Reflect.get({}, "polluted"), undefined);
  }
  // Of the server's process nothing is seen but that it goes on: its own neighbours would have changed.
  await Promise.all([writer.close(), reader.close()]);
});

for (const [what, bytes] of [
  ["a name of 60 000 bytes", objectBytes("n".repeat(60_000), USE)],
  ["a slot's name of 60 000 bytes", objectBytes("o", USE, set("k".repeat(60_000), 1))],
  ["a value of 1 MiB", objectBytes("o", USE, set("k", "x".repeat(MIB)))],
  ["1001 events", objectBytes("o", ...Array(1001).fill(USE))],
] as const) {
  objectAttack(`${what} ends the connection`, { logged: "object.limit" }, async (scene) => {
    const enemy = await scene.attacker().connect("chat/room");
    await enemy.send(bytes);
    await enemy.closed;
  });
}

objectAttack("messages that lie about their lengths, and values that contain themselves", {}, async (scene) => {
  const whole = encodeSharedObject({
    name: "o",
    version: 0,
    isPersistent: false,
    events: [USE, set("x", { y: [1, 2] })],
  }).payload;
  for (let length = 0; length < whole.length; length++) {
    const enemy = await scene.attacker().connect("chat/room");
    await enemy.send(chunk({ chunkStreamId: 3, type: 19, payload: whole.subarray(0, length) }));
    enemy.destroy();
  }
  const cyclic: { self?: unknown } = {};
  cyclic.self = cyclic;
  const enemy = await scene.attacker().connect("chat/room");
  await enemy.send(objectBytes("o", USE, set("cyclic", cyclic)));
  await enemy.send(objectBytes("end", USE));
  await enemy.heard("\0\x03end");
});

objectAttack(
  "persistent objects of any name: files stay in their folder, and what is stored is bounded while it waits",
  { options: { sharedObjects: { ...sharedObjects, folder, saveDelayMs: 1 }, limits: manyCommands } },
  async (scene) => {
    const enemy = await scene.attacker().connect("chat/../../etc");
    for (let index = 0; index < 200; index++) {
      const name = `${"../".repeat(index % 5)}etc/passwd\0${index}`;
      const events = [USE, set("x", "x".repeat(20_000)), { kind: "release" }] as const;
      await enemy.send(messageBytes(encodeSharedObject({ name, version: 0, isPersistent: true, events })));
    }
    await scene.holdsAtMost(24 * MIB);
    for (const deadlineMs = performance.now() + 20_000; ; ) {
      const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((file) =>
        file.endsWith(".object"),
      );
      if (files.length === 200) break;
      ok(performance.now() < deadlineMs, `${files.length} files`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  },
);
