import { deepEqual, equal, rejects } from "node:assert/strict";
import { test } from "node:test";
import { hex } from "../../bytes/hex.ts";
import { hasMembers } from "../../formats/amf/amf-value.ts";
import { decodeAmf0 } from "../../formats/amf/amf0-decoder.ts";
import { encodeAmf0 } from "../../formats/amf/amf0-encoder.ts";
import { classifyMedia } from "../../formats/flv/classify.ts";
import type { MediaMessage } from "../../formats/flv/media-message.ts";
import { InputError } from "./input-error.ts";
import type { Input } from "./open-input.ts";
import { type RoundsOptions, readRounds } from "./rounds.ts";

const CONFIG = hex`17 00 000000 01`;
const OTHER_CONFIG = hex`17 00 000000 02`;
const KEYFRAME = hex`17 01 000000 65`;
const INTER = hex`27 01 000000 41`;
const SOUND = hex`af 01 21`;

type Event = readonly [kind: MediaMessage["kind"], timestamp: number, payload: Uint8Array];

function inputOf(events: readonly Event[], error?: Error): Input {
  return {
    name: "a.flv",
    isRepeatable: true,
    async *read() {
      for (const [kind, timestamp, payload] of events) yield classifyMedia(kind, timestamp, payload);
      if (error !== undefined) throw error;
    },
  };
}

const NAMES = new Map([
  [CONFIG, "config"],
  [OTHER_CONFIG, "other config"],
  [KEYFRAME, "key"],
  [INTER, "inter"],
  [SOUND, "sound"],
]);

async function play(input: Input, options: RoundsOptions = {}, most = 100): Promise<string[]> {
  const played: string[] = [];
  for await (const { timestamp, payload, kind } of readRounds(input, options)) {
    played.push(
      `${NAMES.get(payload) ?? [...NAMES].find(([bytes]) => Buffer.compare(bytes, payload) === 0)?.[1] ?? kind} ${timestamp}`,
    );
    if (played.length === most) break;
  }
  return played;
}

async function firstOf(input: Input, options: RoundsOptions = {}): Promise<MediaMessage | undefined> {
  for await (const message of readRounds(input, options)) return message;
  return undefined;
}

const GOPS: readonly Event[] = [
  ["video", 0, CONFIG],
  ["video", 67, KEYFRAME],
  ["audio", 0, SOUND],
  ["video", 107, INTER],
  ["audio", 60, SOUND],
  ["video", 147, KEYFRAME],
  ["audio", 120, SOUND],
  ["video", 187, INTER],
];

test("a file is played as it is", async () => {
  deepEqual(await play(inputOf(GOPS)), [
    "config 0",
    "key 67",
    "sound 0",
    "inter 107",
    "sound 60",
    "key 147",
    "sound 120",
    "inter 187",
  ]);
});

test("rounds follow each other without a step, and what is known is not said again", async () => {
  const rounds = await play(inputOf(GOPS), { loop: true }, 17);
  deepEqual(rounds.slice(8), [
    "key 227",
    "sound 227",
    "inter 267",
    "sound 227",
    "key 307",
    "sound 280",
    "inter 347",
    "key 387",
    "sound 387",
  ]);
});

test("a configuration that changed in a round is sent again in the next", async () => {
  const events: Event[] = [...GOPS, ["video", 187, OTHER_CONFIG], ["video", 227, KEYFRAME]];
  const rounds = await play(inputOf(events), { loop: true }, 12);
  deepEqual(rounds.slice(8), ["other config 187", "key 227", "config 267", "key 267"]);
});

test("from a start on, it begins with the next keyframe at 0, behind the configurations", async () => {
  deepEqual(await play(inputOf(GOPS), { startMs: 100 }), ["config 0", "key 0", "sound 0", "inter 40"]);
  const sounds: Event[] = [0, 20, 40, 60].map((timestamp) => ["audio", timestamp, SOUND]);
  deepEqual(await play(inputOf(sounds), { startMs: 30 }), ["sound 0", "sound 20"]);
  await rejects(play(inputOf(GOPS), { startMs: 9000 }), /holds no audio and no video behind 9 s \(--start\)$/);
});

test("a duration ends it, also in the middle of a later round", async () => {
  deepEqual(await play(inputOf(GOPS), { durationMs: 80 }), ["config 0", "key 67", "sound 0", "inter 107", "sound 60"]);
  equal((await play(inputOf(GOPS), { durationMs: 300, loop: true })).at(-1), "inter 347");
});

test("a file that begins late begins at 0, and one before 0 too", async () => {
  for (const offset of [90_000, -500]) {
    const events = GOPS.map(([kind, timestamp, payload]): Event => [kind, timestamp + offset, payload]);
    deepEqual((await play(inputOf(events))).slice(0, 4), ["config 0", "key 0", "sound 0", "inter 40"]);
  }
});

test("metadata loses what is true of files only, and gets what was added", async () => {
  const payload = encodeAmf0("onMetaData", { width: 2, duration: 9, filesize: 5, keyframes: { times: [1] } });
  const input = inputOf([
    ["data", 0, payload],
    ["audio", 0, SOUND],
  ]);
  const first = await firstOf(input, { metadata: { title: "A", width: 4 } });
  const [name, value] = decodeAmf0(first?.payload ?? hex``);
  equal(name, "onMetaData");
  deepEqual(hasMembers(value) ? [...value.members] : [], [
    ["width", 4],
    ["title", "A"],
  ]);
  const clean = encodeAmf0("onMetaData", { width: 2 });
  const same = await firstOf(
    inputOf([
      ["data", 0, clean],
      ["audio", 0, SOUND],
    ]),
  );
  equal(same?.payload, clean);
  const cue = encodeAmf0("onCuePoint", { duration: 1 });
  const kept = await firstOf(
    inputOf([
      ["data", 0, cue],
      ["audio", 0, SOUND],
    ]),
  );
  equal(kept?.payload, cue);
});

test("a file that is cut ends with its error, and in a loop with a warning each time", async () => {
  const cut = new InputError("a.flv is cut");
  await rejects(play(inputOf(GOPS, cut)), cut);
  const warnings: string[] = [];
  const rounds = await play(inputOf(GOPS, cut), { loop: true, onWarning: (text) => warnings.push(text) }, 22);
  equal(rounds.length, 22);
  deepEqual(warnings, ["a.flv is cut", "a.flv is cut"]);
  await rejects(play(inputOf([], cut), { loop: true }), cut);
});

test("a file without media is no endless loop", async () => {
  await rejects(play(inputOf([["video", 0, CONFIG]]), { loop: true }), /a\.flv holds no audio and no video$/);
});

test("standard input cannot be repeated", async () => {
  equal((await play({ ...inputOf(GOPS), isRepeatable: false }, { loop: true })).length, 8);
});
