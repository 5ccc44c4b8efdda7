import { AmfEcmaArray, type AmfEncodable, type AmfValue, hasMembers } from "../../formats/amf/amf-value.ts";
import { encodeAmf0 } from "../../formats/amf/amf0-encoder.ts";
import { decodeCommandValues } from "../../formats/amf/command-values.ts";
import { configSlot } from "../../formats/flv/classify.ts";
import { MEMBERS_OF_FILES } from "../../formats/flv/flv-recording.ts";
import type { MediaMessage } from "../../formats/flv/media-message.ts";
import { normalizeDataMessage } from "../../formats/flv/script-data.ts";
import { StreamClock } from "../../formats/flv/stream-clock.ts";
import { SentConfigs } from "../sent-configs.ts";
import { InputError } from "./input-error.ts";
import type { Input } from "./open-input.ts";

export type RoundsOptions = {
  /** Begin anew at the end, for ever. @default false */
  readonly loop?: boolean;
  /** Of each round: from the first keyframe at or behind this time on. @default 0 */
  readonly startMs?: number;
  /** In all. @default until the end */
  readonly durationMs?: number;
  /** Added to onMetaData, or in place of what it says. */
  readonly metadata?: Readonly<Record<string, AmfEncodable>>;
  /** Told of what does not end the rounds. */
  readonly onWarning?: (text: string) => void;
};

/** A first timestamp up to this is kept as it is: sound and picture seldom begin together. */
const MAX_KEPT_START_MS = 1000;

/**
 * The messages of a file from start to end, or over and over, on one timeline that counts on. What says the same as
 * before is not sent again in later rounds. Payloads are valid until the next message.
 */
export async function* readRounds(input: Input, options: RoundsOptions): AsyncGenerator<MediaMessage> {
  const { startMs = 0, durationMs = Number.POSITIVE_INFINITY } = options;
  const sent = new SentConfigs();
  let clock: StreamClock | undefined;
  let beginMs = 0;
  for (;;) {
    let frames = 0;
    for await (const message of withoutCut(fromStart(input.read(), startMs), options, () => frames > 0)) {
      if (!isFrame(message)) {
        const config = message.isConfig ? newConfig(message, sent, options.metadata) : message;
        if (config !== undefined) yield { ...config, timestamp: clock?.beside(message.timestamp) ?? 0 };
        continue;
      }
      if (clock === undefined) {
        const { timestamp } = message;
        beginMs = startMs === 0 && timestamp >= 0 && timestamp <= MAX_KEPT_START_MS ? timestamp : 0;
        clock = new StreamClock(beginMs, 0);
      }
      const timestamp = clock.at(message.timestamp, `${message.kind} ${message.trackId}`);
      if (timestamp - beginMs >= durationMs) return;
      frames++;
      yield { ...message, timestamp };
    }
    if (frames === 0) throw new InputError(`${input.name} holds no audio and no video${behindStart(startMs)}`);
    if (options.loop !== true || !input.isRepeatable) return;
    clock?.restart();
  }
}

function behindStart(startMs: number): string {
  return startMs === 0 ? "" : ` behind ${startMs / 1000} s (--start)`;
}

function isFrame({ kind, isConfig, payload }: MediaMessage): boolean {
  return kind !== "data" && !isConfig && payload.length > 0;
}

/** A file that is cut can still be repeated. */
async function* withoutCut(
  messages: AsyncIterable<MediaMessage>,
  { loop, onWarning }: RoundsOptions,
  hasFrames: () => boolean,
): AsyncGenerator<MediaMessage> {
  try {
    yield* messages;
  } catch (error) {
    if (loop !== true || !(error instanceof InputError) || !hasFrames()) throw error;
    onWarning?.(error.message);
  }
}

/** Leaves out what is before the first keyframe at or behind `startMs`, but for the configurations. */
async function* fromStart(messages: AsyncIterable<MediaMessage>, startMs: number): AsyncGenerator<MediaMessage> {
  if (startMs === 0) {
    yield* messages;
    return;
  }
  const configs = new Map<string | number, MediaMessage>();
  let hasBegun = false;
  let hasVideo = false;
  for await (const message of messages) {
    if (hasBegun) {
      yield message;
      continue;
    }
    hasVideo ||= message.kind === "video";
    if (message.isConfig) configs.set(configSlot(message), { ...message, payload: new Uint8Array(message.payload) });
    const canBegin = isFrame(message) && (message.isKeyframe || (!hasVideo && message.kind === "audio"));
    if (!canBegin || message.timestamp < startMs) continue;
    hasBegun = true;
    yield* configs.values();
    yield message;
  }
}

/** A configuration that was not sent yet in this form; undefined otherwise. */
function newConfig(
  message: MediaMessage,
  sent: SentConfigs,
  metadata: RoundsOptions["metadata"],
): MediaMessage | undefined {
  const config = message.kind === "data" ? liveMetadata(message, metadata) : message;
  return sent.isNew(config) ? config : undefined;
}

/** Without what is true of a file only: players take a duration for the end of the broadcast. */
function liveMetadata(message: MediaMessage, added: RoundsOptions["metadata"] = {}): MediaMessage {
  const data = normalizeDataMessage(message.payload, false);
  const [name, value] = data.kind === "clear" ? [] : decodeCommandValues(data.payload).values;
  if (name !== "onMetaData" || !hasMembers(value)) return message;
  const isAsWanted =
    Object.keys(added).length === 0 && [...value.members.keys()].every((key) => !MEMBERS_OF_FILES.has(key));
  if (isAsWanted) return message;
  const members = new Map<string, AmfEncodable>([...value.members].filter(([key]) => !MEMBERS_OF_FILES.has(key)));
  for (const [key, replaced] of Object.entries(added)) members.set(key, replaced);
  return { ...message, payload: encodeAmf0(name, new AmfEcmaArray(members as Map<string, AmfValue>)) };
}
