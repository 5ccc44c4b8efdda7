import type { HealthLevel } from "../src/broadcast/health/health-report.ts";
import type { BroadcastSnapshot, ClientProtocol, MonitorEvent, TrackSnapshot } from "../src/server/snapshots.ts";

export const HEALTH_WORDS: Readonly<Record<HealthLevel | "unknown", string>> = {
  good: "Healthy",
  warning: "Needs attention",
  bad: "In trouble",
  unknown: "Being examined",
};

export const STATE_WORDS: Readonly<Record<BroadcastSnapshot["state"], string>> = {
  live: "Live",
  waiting: "Waiting for its publisher",
  idle: "Nobody publishes",
};

export const EVENT_WORDS: Readonly<Record<MonitorEvent["kind"], string>> = {
  publish: "Published",
  "publisher-returned": "Publisher came back",
  "publisher-lost": "Publisher lost",
  "publish-end": "Publishing ended",
  "publish-refused": "Publishing refused",
  play: "Viewer came",
  "play-end": "Viewer left",
  "play-refused": "Viewer refused",
  "connection-failed": "Connection failed",
  "connection-refused": "Connection refused",
  kicked: "Kicked",
  health: "Health",
  server: "Server",
};

const PROTOCOL_WORDS: Partial<Record<ClientProtocol, string>> = {
  ws: "WebSocket",
  wss: "WebSocket, TLS",
  "http-flv": "HTTP-FLV",
  "ws-flv": "WS-FLV",
};

export function protocolWords(protocol: ClientProtocol): string {
  return PROTOCOL_WORDS[protocol] ?? protocol.toUpperCase();
}

/** `app/key`, apart: a key may hold further slashes. */
export function splitName(name: string): { readonly app: string; readonly key: string } {
  const slash = name.indexOf("/");
  return slash < 0 ? { app: "", key: name } : { app: name.slice(0, slash), key: name.slice(slash + 1) };
}

/** By kind and number, in a line each: the default tracks first. */
export function tracksInOrder(tracks: readonly TrackSnapshot[]): readonly TrackSnapshot[] {
  const rank = ({ kind, trackId }: TrackSnapshot): number => (kind === "video" ? 0 : 1000) + trackId;
  return [...tracks].sort((left, right) => rank(left) - rank(right));
}

/** Names and messages come from strangers: what would turn or hide the text around them is shown as a box. */
export function plainText(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  return text.replaceAll(/[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g, "\u25a1");
}

/** What the page is told of a broadcast that no browser plays, by codec. */
const UNPLAYABLE = new Set(["flv1", "vp6", "vp6-alpha", "screen1", "screen2", "h263", "mpeg4", "jpeg", "vvc"]);
const UNPLAYABLE_AUDIO = new Set(["speex", "nellymoser", "adpcm", "g711-alaw", "g711-mulaw", "pcm"]);

/** Tracks that no browser has a decoder for. */
export function unplayableTracks(tracks: readonly TrackSnapshot[]): readonly TrackSnapshot[] {
  return tracks.filter(({ kind, codec }) => (kind === "video" ? UNPLAYABLE : UNPLAYABLE_AUDIO).has(codec));
}
