import { type AmfEncodable, AmfObject, type AmfValue, hasMembers } from "../../formats/amf/amf-value.ts";

/** What a peer says in `connect` or in the answer to it. Peers send enhanced media without saying anything: accept it. */
export type Capabilities = {
  /** FourCCs that the peer takes, `*` for any. Undefined: nothing was said. Enhanced RTMP v1. */
  readonly fourCcList: readonly string[] | undefined;
  /** By FourCC, `*` for any. Empty: nothing was said. Enhanced RTMP v2. */
  readonly videoFourCcs: ReadonlyMap<string, FourCcAbilities>;
  readonly audioFourCcs: ReadonlyMap<string, FourCcAbilities>;
  /** `capsEx`: what the peer understands beyond codecs. Enhanced RTMP v2. */
  readonly extensions: ExtendedCapabilities;
  /** Bits of `audioCodecs` and `videoCodecs`, the codecs without FourCC. Undefined: nothing was said. RTMP 1.0 section 7.2.1.1. */
  readonly audioCodecs: number | undefined;
  readonly videoCodecs: number | undefined;
  /** Bits: 1 seeks by frame, 2 HDR, 4 metadata packets, 8 large-scale tiles. */
  readonly videoFunction: number;
};

export type FourCcAbilities = {
  readonly canDecode: boolean;
  readonly canEncode: boolean;
  readonly canForward: boolean;
};

export type ExtendedCapabilities = {
  readonly reconnect: boolean;
  readonly multitrack: boolean;
  readonly modEx: boolean;
  readonly timestampNanoOffset: boolean;
};

export const NO_CAPABILITIES: Capabilities = {
  fourCcList: undefined,
  videoFourCcs: new Map(),
  audioFourCcs: new Map(),
  extensions: { reconnect: false, multitrack: false, modEx: false, timestampNanoOffset: false },
  audioCodecs: undefined,
  videoCodecs: undefined,
  videoFunction: 0,
};

const FORWARD_ONLY: FourCcAbilities = { canDecode: false, canEncode: false, canForward: true };

/** What a server that relays media without decoding it says of itself: any codec, all extensions. */
export const RELAY_CAPABILITIES: Capabilities = {
  ...NO_CAPABILITIES,
  fourCcList: ["av01", "hvc1", "vvc1", "vp09", "vp08", "avc1", "ac-3", "ec-3", "Opus", ".mp3", "fLaC", "mp4a"],
  videoFourCcs: new Map([["*", FORWARD_ONLY]]),
  audioFourCcs: new Map([["*", FORWARD_ONLY]]),
  extensions: { reconnect: true, multitrack: true, modEx: true, timestampNanoOffset: true },
};

// Peers name no more codecs than exist; more than this is nonsense, and is cut.
const MAX_FOUR_CCS = 256;

/** Reads what is there from a command object or an answer's object, and takes anything else for unsaid. */
export function decodeCapabilities(object: AmfValue): Capabilities {
  if (!hasMembers(object)) return NO_CAPABILITIES;
  const capsEx = numberOr(object.get("capsEx"), 0);
  return {
    fourCcList: decodeFourCcList(object.get("fourCcList")),
    videoFourCcs: decodeInfoMap(object.get("videoFourCcInfoMap")),
    audioFourCcs: decodeInfoMap(object.get("audioFourCcInfoMap")),
    extensions: {
      reconnect: (capsEx & 1) !== 0,
      multitrack: (capsEx & 2) !== 0,
      modEx: (capsEx & 4) !== 0,
      timestampNanoOffset: (capsEx & 8) !== 0,
    },
    audioCodecs: numberOr(object.get("audioCodecs"), undefined),
    videoCodecs: numberOr(object.get("videoCodecs"), undefined),
    videoFunction: numberOr(object.get("videoFunction"), 0),
  };
}

/** The members for a command object or an answer; what is unsaid is left out. */
export function encodeCapabilities(capabilities: Capabilities): Readonly<Record<string, AmfEncodable>> {
  const { fourCcList, videoFourCcs, audioFourCcs, audioCodecs, videoCodecs, videoFunction } = capabilities;
  const capsEx = encodeExtensions(capabilities.extensions);
  return {
    ...(audioCodecs !== undefined && { audioCodecs }),
    ...(videoCodecs !== undefined && { videoCodecs }),
    ...(videoFunction !== 0 && { videoFunction }),
    ...(fourCcList !== undefined && { fourCcList }),
    ...(videoFourCcs.size > 0 && { videoFourCcInfoMap: encodeInfoMap(videoFourCcs) }),
    ...(audioFourCcs.size > 0 && { audioFourCcInfoMap: encodeInfoMap(audioFourCcs) }),
    ...(capsEx !== 0 && { capsEx }),
  };
}

/** Whether a player says that it can take this codec. Undefined: it said nothing of FourCCs at all. */
export function canReceive(capabilities: Capabilities, kind: "audio" | "video", fourCc: string): boolean | undefined {
  const { fourCcList } = capabilities;
  const abilities = kind === "audio" ? capabilities.audioFourCcs : capabilities.videoFourCcs;
  if (fourCcList === undefined && abilities.size === 0) return undefined;
  if (fourCcList?.includes("*") || fourCcList?.includes(fourCc)) return true;
  return [abilities.get("*"), abilities.get(fourCc)].some((entry) => entry?.canDecode || entry?.canForward);
}

function decodeFourCcList(value: AmfValue): readonly string[] | undefined {
  if (!Array.isArray(value)) return undefined;
  return value.slice(0, MAX_FOUR_CCS).filter((fourCc) => typeof fourCc === "string");
}

function decodeInfoMap(value: AmfValue): ReadonlyMap<string, FourCcAbilities> {
  const abilities = new Map<string, FourCcAbilities>();
  if (!hasMembers(value)) return abilities;
  for (const [fourCc, bits] of value.members) {
    if (abilities.size >= MAX_FOUR_CCS) break;
    if (typeof bits !== "number") continue;
    abilities.set(fourCc, {
      canDecode: (bits & 1) !== 0,
      canEncode: (bits & 2) !== 0,
      canForward: (bits & 4) !== 0,
    });
  }
  return abilities;
}

function encodeInfoMap(abilities: ReadonlyMap<string, FourCcAbilities>): AmfObject {
  const entries = Array.from(abilities, ([fourCc, entry]): [string, number] => [
    fourCc,
    Number(entry.canDecode) + 2 * Number(entry.canEncode) + 4 * Number(entry.canForward),
  ]);
  return new AmfObject(entries);
}

function encodeExtensions(extensions: ExtendedCapabilities): number {
  return (
    Number(extensions.reconnect) +
    2 * Number(extensions.multitrack) +
    4 * Number(extensions.modEx) +
    8 * Number(extensions.timestampNanoOffset)
  );
}

function numberOr<Other>(value: AmfValue, other: Other): number | Other {
  return typeof value === "number" ? value : other;
}
