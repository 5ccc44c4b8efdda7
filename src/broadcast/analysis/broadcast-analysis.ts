import { ProtocolError } from "../../errors.ts";
import type { AmfValue } from "../../formats/amf/amf-value.ts";
import { decodeCommandValues } from "../../formats/amf/command-values.ts";
import { decodeAudioHeader } from "../../formats/flv/audio-header.ts";
import { type CodecDescription, isNewDescription } from "../../formats/flv/codec-description.ts";
import { FrameType } from "../../formats/flv/codec-ids.ts";
import { describeAudioTrack } from "../../formats/flv/describe-audio.ts";
import { describeVideoTrack } from "../../formats/flv/describe-video.ts";
import type { MediaMessage } from "../../formats/flv/media-message.ts";
import { normalizeDataMessage } from "../../formats/flv/script-data.ts";
import { decodeVideoHeader } from "../../formats/flv/video-header.ts";
import { InterleaveAnalysis, type InterleaveReport } from "./interleave-analysis.ts";
import { TrackAnalysis, type TrackReport } from "./track-analysis.ts";

/** What a broadcast is like, as far as it was seen. */
export type BroadcastReport = {
  /** Video first, then by track id. */
  readonly tracks: readonly TrackReport[];
  /** The value of the newest onMetaData; undefined without any that can be read. */
  readonly metadata: AmfValue;
  /** How many other data messages came, by name. */
  readonly data: ReadonlyMap<string, number>;
  /** Undefined unless there are both audio and video. */
  readonly interleave: InterleaveReport | undefined;
  readonly arrival: ArrivalReport;
  /** Messages that follow no format that is known. */
  readonly unreadable: number;
};

/** How media came, by the clock of whoever watched. */
export type ArrivalReport = {
  /** From the first message to the last. */
  readonly watchedMs: number;
  /** Media that came within the first 250 ms: what the server keeps for newcomers. */
  readonly burstMs: number;
  /** Media in a second after that: 1 is real time. Undefined for less than a second. */
  readonly speed: number | undefined;
};

/** Names of data messages that are counted; a publisher may invent any number. */
const MAX_DATA_NAMES = 64;
const BURST_TIME_MS = 250;
const LEAST_SPEED_TIME_MS = 1000;

type Kind = TrackReport["kind"];

/** Looks at the messages of a broadcast, in the order in which they come. Keeps figures only, and never throws. */
export class BroadcastAnalysis {
  readonly #tracks: Readonly<Record<Kind, Map<number, TrackAnalysis>>> = { video: new Map(), audio: new Map() };
  readonly #interleave = new InterleaveAnalysis();
  readonly #data = new Map<string, number>();
  readonly #newest: Partial<Record<Kind, number>> = {};
  #metadata: AmfValue;
  #unreadable = 0;
  #firstAtMs: number | undefined;
  #lastAtMs = 0;
  #firstMediaMs: number | undefined;
  #lastMediaMs = 0;
  #burst = { atMs: 0, mediaMs: 0 };

  /** `nowMs` is of any clock that never steps back. The payload is not kept. */
  write(message: MediaMessage, nowMs: number): void {
    this.#firstAtMs ??= nowMs;
    this.#lastAtMs = nowMs;
    try {
      if (message.kind === "data") this.#writeData(message.payload);
      else if (message.kind === "video") this.#writeVideo(message);
      else this.#writeAudio(message);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.#unreadable++;
    }
  }

  /** GOPs of the first video track that were seen from keyframe to keyframe; infinite where there is no video. */
  get wholeGops(): number {
    const [video] = this.#tracks.video.values();
    return video === undefined ? Number.POSITIVE_INFINITY : Math.max(0, video.keyframes - 1);
  }

  get report(): BroadcastReport {
    const tracks = [this.#tracks.video, this.#tracks.audio].flatMap((ofKind) =>
      [...ofKind].sort(([left], [right]) => left - right).map(([, track]) => track.report),
    );
    const { report: interleave } = this.#interleave;
    const [metadata, data, unreadable] = [this.#metadata, this.#data, this.#unreadable];
    return { tracks, metadata, data, interleave, arrival: this.#arrival(), unreadable };
  }

  #writeData(payload: Uint8Array): void {
    const message = normalizeDataMessage(payload, false);
    const name = message.name.slice(0, 80);
    if (message.kind !== "clear" && name === "onMetaData") {
      this.#metadata = decodeCommandValues(message.payload).values[1];
    } else if (this.#data.has(name) || this.#data.size < MAX_DATA_NAMES) {
      this.#data.set(name, (this.#data.get(name) ?? 0) + 1);
    }
  }

  #writeVideo({ payload, timestamp, isDisposable }: MediaMessage): void {
    const header = decodeVideoHeader(payload);
    if (header.kind !== "packet") return;
    for (const track of header.tracks) {
      const { compositionTimeMs, body } = track;
      const analysis = this.#track("video", track.trackId);
      noteCodec(analysis, header.packetType, () => describeVideoTrack(track, header.packetType));
      if (header.packetType !== "frames" || body.length === 0) continue;
      const isKeyframe = header.frameType === FrameType.Key;
      analysis.add({ timestamp, bytes: body.length, isKeyframe, isDisposable, compositionTimeMs });
      this.#advance("video", analysis);
    }
  }

  #writeAudio({ payload, timestamp }: MediaMessage): void {
    const header = decodeAudioHeader(payload);
    if (header.kind !== "packet") return;
    for (const track of header.tracks) {
      const analysis = this.#track("audio", track.trackId);
      noteCodec(analysis, header.packetType, () => describeAudioTrack(track, header.packetType, header.sound));
      if (header.packetType !== "frames" || track.body.length === 0) continue;
      const bytes = track.body.length;
      analysis.add({ timestamp, bytes, isKeyframe: false, isDisposable: false, compositionTimeMs: 0 });
      this.#advance("audio", analysis);
    }
  }

  #track(kind: Kind, trackId: number): TrackAnalysis {
    const known = this.#tracks[kind].get(trackId);
    if (known !== undefined) return known;
    const created = new TrackAnalysis(kind, trackId);
    this.#tracks[kind].set(trackId, created);
    return created;
  }

  #advance(kind: Kind, { newestMs = 0 }: TrackAnalysis): void {
    const newest = this.#newest;
    newest[kind] = newestMs;
    if (newest.audio !== undefined && newest.video !== undefined) this.#interleave.add(newest.audio, newest.video);
    this.#firstMediaMs ??= newestMs;
    this.#lastMediaMs = Math.max(this.#lastMediaMs, newestMs - this.#firstMediaMs);
    if (this.#lastAtMs - (this.#firstAtMs ?? 0) <= BURST_TIME_MS) {
      this.#burst = { atMs: this.#lastAtMs, mediaMs: this.#lastMediaMs };
    }
  }

  #arrival(): ArrivalReport {
    const watchedMs = this.#firstAtMs === undefined ? 0 : this.#lastAtMs - this.#firstAtMs;
    const pacedMs = this.#lastAtMs - this.#burst.atMs;
    const { mediaMs: burstMs } = this.#burst;
    const speed = pacedMs < LEAST_SPEED_TIME_MS ? undefined : (this.#lastMediaMs - burstMs) / pacedMs;
    return { watchedMs, burstMs, speed };
  }
}

/** Codecs without a configuration, or with an empty one, tell what they are in their first frames. */
const MAX_DESCRIBED_FRAMES = 8;

function noteCodec(track: TrackAnalysis, packetType: string, describe: () => CodecDescription): void {
  if (packetType === "frames" && track.frames >= MAX_DESCRIBED_FRAMES) return;
  const codec = describe();
  if (isNewDescription(track.codec, codec)) track.codec = codec;
}
