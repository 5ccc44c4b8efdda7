import type { EncodedPacket, Input, InputAudioTrack, InputVideoTrack } from "mediabunny";
import { AmfEcmaArray } from "../../formats/amf/amf-value.ts";
import { encodeAmf0 } from "../../formats/amf/amf0-encoder.ts";
import { classifyMedia } from "../../formats/flv/classify.ts";
import type { MediaMessage } from "../../formats/flv/media-message.ts";
import { withDecodeTimes } from "./decode-times.ts";
import { InputError } from "./input-error.ts";
import { type AudioBodies, audioBodies, mp4CodecName, type VideoBodies, videoBodies } from "./mp4-codecs.ts";
import type { InputOptions } from "./open-input.ts";

type Track<Bodies> = { readonly bodies: Bodies; readonly packets: AsyncIterable<EncodedPacket> };

/** A message and its place on the file's own clock, which may begin below 0. */
type Timed = { readonly timeMs: number; readonly message: MediaMessage };

/**
 * The messages of an MP4 or QuickTime file, in the order of their decode times, which begin at 0. Of several tracks of a
 * kind it takes the main one. Throws an `InputError` for a file that cannot be read, or that RTMP cannot carry.
 */
export async function* readMp4(file: string, options: InputOptions): AsyncGenerator<MediaMessage> {
  const { EncodedPacketSink, FilePathSource, Input: Mp4Input, MP4, QTFF } = await import("mediabunny");
  const input = new Mp4Input({ source: new FilePathSource(file), formats: [MP4, QTFF] });
  try {
    const { startMs = 0 } = options;
    const video = options.video === false ? null : await input.getPrimaryVideoTrack();
    const audio = options.audio === false ? null : await input.getPrimaryAudioTrack();
    if (video === null && audio === null) throw new InputError(`${file} has no track that could be sent`);
    const videoSink = video === null ? undefined : new EncodedPacketSink(video);
    const audioSink = audio === null ? undefined : new EncodedPacketSink(audio);
    const keyframe = startMs === 0 ? null : ((await videoSink?.getKeyPacket(startMs / 1000)) ?? null);
    const firstSound =
      startMs === 0 ? null : ((await audioSink?.getPacket(keyframe?.timestamp ?? startMs / 1000)) ?? null);
    const videoTrack = video && videoSink && (await describeVideo(video, await videoSink.getFirstPacket(), file));
    const audioTrack = audio && (await describeAudio(audio, file));
    yield metadataMessage(await readMetadata(input, video, audio), videoTrack, audioTrack);
    for (const [kind, track] of [
      ["video", videoTrack],
      ["audio", audioTrack],
    ] as const) {
      if (track?.config !== undefined) yield classifyMedia(kind, 0, track.config);
    }
    const pictures =
      videoTrack &&
      videoSink &&
      videoMessages({ bodies: videoTrack, packets: videoSink.packets(keyframe ?? undefined) });
    const sounds =
      audioTrack &&
      audioSink &&
      audioMessages({ bodies: audioTrack, packets: audioSink.packets(firstSound ?? undefined) });
    yield* fromZero(merge([pictures, sounds].filter((messages) => messages !== null && messages !== undefined)));
  } catch (error) {
    if (error instanceof InputError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new InputError(`${file} cannot be read as MP4: ${reason}`, { cause: error });
  } finally {
    input.dispose();
  }
}

async function describeVideo(track: InputVideoTrack, first: EncodedPacket | null, file: string): Promise<VideoBodies> {
  const codec = await track.getCodec();
  const config = await track.getDecoderConfig();
  if (first === null) throw new InputError(`the video track of ${file} is empty. Leave it out: --no-video`);
  const description = bytesOf(config?.description);
  const codecString = config?.codec ?? "";
  const bodies = videoBodies({ codec: codec ?? "", codecString, description, firstSample: first.data });
  if (bodies !== undefined) return bodies;
  throw new InputError(
    `the video of ${file} is ${mp4CodecName(codec)}, which RTMP cannot carry. Convert it: ` +
      `ffmpeg -i ${file} -c:v libx264 -c:a copy out.mp4, or leave it out: --no-video`,
  );
}

async function describeAudio(track: InputAudioTrack, file: string): Promise<AudioBodies> {
  const codec = await track.getCodec();
  const config = await track.getDecoderConfig();
  const bodies = audioBodies({
    codec: codec ?? "",
    description: bytesOf(config?.description),
    sampleRate: config?.sampleRate ?? 0,
    channels: config?.numberOfChannels ?? 0,
  });
  if (bodies !== undefined) return bodies;
  throw new InputError(
    `the audio of ${file} is ${mp4CodecName(codec)}, which RTMP cannot carry. Convert it: ` +
      `ffmpeg -i ${file} -c:v copy -c:a aac out.mp4, or leave it out: --no-audio`,
  );
}

function bytesOf(source: ArrayBufferView | ArrayBufferLike | undefined): Uint8Array | undefined {
  if (source === undefined) return undefined;
  return ArrayBuffer.isView(source)
    ? new Uint8Array(source.buffer, source.byteOffset, source.byteLength)
    : new Uint8Array(source);
}

type Mp4Metadata = Readonly<Record<string, number | string | boolean>>;

/** How many packets tell the frame rate. */
const RATE_PACKETS = 100;

async function readMetadata(
  input: Input,
  video: InputVideoTrack | null,
  audio: InputAudioTrack | null,
): Promise<Mp4Metadata> {
  const duration = await input.getDurationFromMetadata();
  const channels = await audio?.getNumberOfChannels();
  return {
    ...(duration !== null && { duration }),
    ...(video !== null && {
      width: await video.getDisplayWidth(),
      height: await video.getDisplayHeight(),
      framerate: Math.round((await video.computePacketStats(RATE_PACKETS)).averagePacketRate * 1000) / 1000,
    }),
    ...(audio !== null && {
      audiosamplerate: await audio.getSampleRate(),
      audiochannels: channels ?? 0,
      stereo: channels === 2,
    }),
  };
}

function metadataMessage(
  metadata: Mp4Metadata,
  video: VideoBodies | null | undefined,
  audio: AudioBodies | null,
): MediaMessage {
  const codecs = {
    ...(video && { videocodecid: video.codecId }),
    ...(audio && { audiocodecid: audio.codecId }),
  };
  const members = new AmfEcmaArray(Object.entries({ ...metadata, ...codecs }));
  return classifyMedia("data", 0, encodeAmf0("onMetaData", members));
}

const MS_PER_SECOND = 1000;

async function* videoMessages({ bodies, packets }: Track<VideoBodies>): AsyncGenerator<Timed> {
  const timed = withDecodeTimes(packets, ({ timestamp }) => Math.round(timestamp * MS_PER_SECOND));
  for await (const { picture, decodeMs, presentationMs } of timed) {
    const payload = bodies.frame(picture.data, picture.type === "key", presentationMs - decodeMs);
    yield { timeMs: decodeMs, message: classifyMedia("video", decodeMs, payload) };
  }
}

async function* audioMessages({ bodies, packets }: Track<AudioBodies>): AsyncGenerator<Timed> {
  for await (const { data, timestamp } of packets) {
    const timeMs = Math.round(timestamp * MS_PER_SECOND);
    yield { timeMs, message: classifyMedia("audio", timeMs, bodies.frame(data)) };
  }
}

/** One after the other by their times; of two at one time, that of the first source. */
async function* merge(sources: readonly AsyncGenerator<Timed>[]): AsyncGenerator<Timed> {
  const waiting = await Promise.all(sources.map(async (source) => ({ source, next: await source.next() })));
  for (;;) {
    let earliest: (typeof waiting)[number] | undefined;
    for (const entry of waiting) {
      if (entry.next.done) continue;
      if (earliest === undefined || earliest.next.done || entry.next.value.timeMs < earliest.next.value.timeMs) {
        earliest = entry;
      }
    }
    if (earliest === undefined || earliest.next.done) return;
    yield earliest.next.value;
    earliest.next = await earliest.source.next();
  }
}

/** Decoding begins before the first picture is shown, and a sound before it is heard: that is where 0 is. */
async function* fromZero(messages: AsyncGenerator<Timed>): AsyncGenerator<MediaMessage> {
  let shiftMs: number | undefined;
  for await (const { timeMs, message } of messages) {
    shiftMs ??= Math.max(0, -timeMs);
    yield { ...message, timestamp: timeMs + shiftMs };
  }
}
