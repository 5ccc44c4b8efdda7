import type { TrackConfig } from "../../mp4/track.ts";
import { fileNameOf } from "./file-name.ts";
import { type PlaylistText, PlaylistWriter } from "./playlist-text.ts";

/** A rendition as the multivariant playlist tells of it. */
export type VariantSource = {
  readonly name: string;
  readonly config: TrackConfig;
  /** Bits in a second. */
  readonly peakBitrate: number;
  readonly averageBitrate: number;
  readonly samplesPerSecond: number;
  /** What people are shown. */
  readonly title: string | undefined;
  /** RFC 5646. */
  readonly language: string | undefined;
};

type Group = { readonly id: string; readonly members: readonly VariantSource[] };

/**
 * RFC 8216bis section 4.4.6: each video track is a variant, each sound track a rendition of a group, one group for each
 * codec. The sound alone is a variant, too, for whoever has no picture or too little network.
 */
export function encodeMultivariantPlaylist(instance: string, sources: readonly VariantSource[]): PlaylistText {
  const writer = new PlaylistWriter();
  const fileOf = ({ name }: VariantSource): string => fileNameOf({ rendition: name, instance, kind: "playlist" });
  const videos = sources.filter(({ config }) => config.kind === "video");
  const groups = groupsOf(sources.filter(({ config }) => config.kind === "audio"));
  writer.line("#EXTM3U");
  writer.line("#EXT-X-VERSION:9");
  for (const { id, members } of groups) {
    for (const [index, audio] of members.entries()) {
      writer.fileLine(`#EXT-X-MEDIA:${mediaAttributes(id, audio, index === 0)},URI="`, fileOf(audio), '"');
    }
  }
  for (const video of videos) {
    for (const group of groups.length > 0 ? groups : [undefined]) {
      writer.line(`#EXT-X-STREAM-INF:${streamAttributes(video, group)}`);
      writer.fileLine("", fileOf(video));
    }
  }
  for (const group of groups) {
    const [audio] = group.members;
    if (audio === undefined) continue;
    writer.line(`#EXT-X-STREAM-INF:${streamAttributes(undefined, group)}`);
    writer.fileLine("", fileOf(audio));
  }
  return writer.finish();
}

function groupsOf(audios: readonly VariantSource[]): readonly Group[] {
  const groups = new Map<string, VariantSource[]>();
  for (const audio of audios) {
    const id = `audio-${audio.config.codec}`;
    const members = groups.get(id) ?? [];
    members.push(audio);
    groups.set(id, members);
  }
  return Array.from(groups, ([id, members]) => ({ id, members }));
}

function mediaAttributes(group: string, { config, name, title, language }: VariantSource, isDefault: boolean): string {
  const attributes = [
    "TYPE=AUDIO",
    `GROUP-ID="${group}"`,
    // Names of a group are all different.
    `NAME="${title === undefined ? `Audio ${name.slice(1)}` : `${quotable(title)} (${name.slice(1)})`}"`,
    ...(language === undefined ? [] : [`LANGUAGE="${quotable(language)}"`]),
    `DEFAULT=${isDefault ? "YES" : "NO"}`,
    "AUTOSELECT=YES",
    `CHANNELS="${config.channels}"`,
  ];
  return attributes.join(",");
}

function streamAttributes(video: VariantSource | undefined, group: Group | undefined): string {
  const members = group?.members ?? [];
  const most = (pick: (source: VariantSource) => number): number => Math.max(0, ...members.map(pick));
  const codecs = new Set([...(video === undefined ? [] : [video]), ...members].map(({ config }) => config.codecString));
  const bandwidth = (video?.peakBitrate ?? 0) + most(({ peakBitrate }) => peakBitrate);
  const average = (video?.averageBitrate ?? 0) + most(({ averageBitrate }) => averageBitrate);
  const attributes = [
    `BANDWIDTH=${Math.max(1, Math.ceil(bandwidth))}`,
    `AVERAGE-BANDWIDTH=${Math.max(1, Math.ceil(average))}`,
    `CODECS="${[...codecs].join(",")}"`,
    ...(video === undefined ? [] : pictureAttributes(video)),
    ...(group === undefined ? [] : [`AUDIO="${group.id}"`]),
  ];
  return attributes.join(",");
}

function pictureAttributes({ config, samplesPerSecond }: VariantSource): readonly string[] {
  return [
    ...(config.width > 0 && config.height > 0 ? [`RESOLUTION=${config.width}x${config.height}`] : []),
    `FRAME-RATE=${samplesPerSecond.toFixed(3)}`,
  ];
}

/** Quoted strings hold no quotes and no line ends, and publishers name their tracks as they like. */
function quotable(text: string): string {
  return text.replaceAll(/["\p{Cc}\u2028\u2029]/gu, "").slice(0, MAX_TITLE_CHARACTERS);
}

const MAX_TITLE_CHARACTERS = 100;
