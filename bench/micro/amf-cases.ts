import { AmfEcmaArray, type AmfEncodable } from "../../src/formats/amf/amf-value.ts";
import { decodeAmf0 } from "../../src/formats/amf/amf0-decoder.ts";
import { encodeAmf0 } from "../../src/formats/amf/amf0-encoder.ts";
import { decodeAmf3 } from "../../src/formats/amf/amf3-decoder.ts";
import { encodeAmf3 } from "../../src/formats/amf/amf3-encoder.ts";
import type { OutgoingFlexMessage } from "../../src/formats/flex/message.ts";
import { decodeFlexMessage, encodeFlexMessage } from "../../src/formats/flex/message-codec.ts";
import { createConnectCommand } from "../../src/rtmp/session/client-connect.ts";
import type { MicroCase } from "./micro-case.ts";

/** Plain values, which JSON can carry as well. */
type PlainRecord = { readonly [key: string]: Plain };
type Plain = null | boolean | number | string | readonly Plain[] | PlainRecord;

const METADATA: PlainRecord = {
  duration: 0,
  fileSize: 0,
  width: 1280,
  height: 720,
  videocodecid: "avc1",
  videodatarate: 2500,
  framerate: 30,
  audiocodecid: "mp4a",
  audiodatarate: 160,
  audiosamplerate: 44_100,
  audiosamplesize: 16,
  audiochannels: 2,
  stereo: true,
  "2.1": false,
  encoder: "obs-output module (libobs version 30.2.3)",
};

const OBJECTS: readonly PlainRecord[] = Array.from({ length: 1000 }, (_, index) => ({
  id: index,
  name: `player ${index}`,
  score: index * 1.5,
  isOnline: index % 3 === 0,
  team: index % 2 === 0 ? "red" : "blue",
}));

const FLEX_BODY: Plain = {
  text: "hello, everybody",
  from: "player 17",
  at: 1_763_640_000_000,
  tags: ["chat", "lobby"],
};
const FLEX_MESSAGE: OutgoingFlexMessage = {
  kind: "async",
  messageId: "0F3A7B52-4C1D-4E8F-9A6B-1C2D3E4F5A6B",
  clientId: "1F3A7B52-4C1D-4E8F-9A6B-1C2D3E4F5A6B",
  destination: "chat",
  timestamp: 1_763_640_000_000,
  headers: [
    ["DSEndpoint", "my-rtmp"],
    ["DSSubtopic", "rooms.lobby"],
  ],
  body: FLEX_BODY as AmfEncodable,
};

/** What is encoded, what JSON gets instead, and what a decoder does beyond AMF. */
type Subject = {
  readonly name: string;
  readonly versions: readonly (0 | 3)[];
  values(): readonly AmfEncodable[];
  readonly plain: Plain;
};

export function amfCases(): MicroCase[] {
  return [
    ...subjects().flatMap((subject) => subject.versions.flatMap((version) => casesOf(subject, version))),
    ...flexCases(),
  ];
}

function subjects(): Subject[] {
  const { commandObject, args = [] } = createConnectCommand({ app: "live", tcUrl: "rtmp://media.example.org/live" });
  const connect = ["connect", 1, commandObject ?? null, ...args];
  const metadata = new AmfEcmaArray(Object.entries(METADATA) as [string, number | string | boolean][]);
  return [
    // As every client sends it, and as a value in the other format.
    { name: "connect", versions: [0, 3], values: () => connect, plain: connect as readonly Plain[] },
    {
      name: "onMetaData",
      versions: [0, 3],
      values: () => ["@setDataFrame", "onMetaData", metadata],
      plain: ["@setDataFrame", "onMetaData", METADATA],
    },
    { name: "1000 objects", versions: [0, 3], values: () => [OBJECTS as AmfEncodable], plain: OBJECTS },
  ];
}

function casesOf({ name, values, plain }: Subject, version: 0 | 3): MicroCase[] {
  const [encode, decode] = version === 0 ? [encodeAmf0, decodeAmf0] : [encodeAmf3, decodeAmf3];
  const bytes = encode(...values());
  return [
    coding(`amf${version} encode ${name}`, bytes.length, plain, () => encode(...values())),
    coding(`amf${version} decode ${name}`, bytes.length, plain, () => decode(bytes)),
  ];
}

function flexCases(): MicroCase[] {
  const { headers = [], ...members } = FLEX_MESSAGE;
  const plain = { ...members, headers: Object.fromEntries(headers) } as Plain;
  return (["full", "small"] as const).flatMap((form) => {
    const bytes = encodeAmf3(encodeFlexMessage(FLEX_MESSAGE, form));
    return [
      coding(`amf3 encode Flex message ${form}`, bytes.length, plain, () =>
        encodeAmf3(encodeFlexMessage(FLEX_MESSAGE, form)),
      ),
      coding(`amf3 decode Flex message ${form}`, bytes.length, plain, () => {
        const message = decodeFlexMessage(decodeAmf3(bytes)[0]);
        if (message === undefined) throw new Error("no Flex message");
        return message;
      }),
    ];
  });
}

/** Beside the same values from and to bytes of JSON. */
function coding(name: string, bytes: number, plain: Plain, run: () => unknown): MicroCase {
  const json = Buffer.from(JSON.stringify(plain));
  const isEncoding = name.includes(" encode ");
  return {
    name,
    operation: "value",
    operations: 1,
    bytes,
    comparison: isEncoding ? "JSON.stringify, to bytes" : "JSON.parse, from bytes",
    prepare: () => ({
      run,
      compare: isEncoding ? () => Buffer.from(JSON.stringify(plain)) : () => JSON.parse(json.toString()) as unknown,
    }),
  };
}
