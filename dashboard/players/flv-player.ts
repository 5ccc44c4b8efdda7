import mpegts from "mpegts.js";
import { bufferedAheadMs, type Player, type PlayerEvents, type PlayerParts } from "./player.ts";

/** A player that is further behind than this goes faster until it is back at its target. Seconds. */
const MAX_LATENCY = 0.7;
const TARGET_LATENCY = 0.35;
/** And leaps where faster will not do, as after a pause. */
const LEAP_AT = 4;
const WATCH_EVERY_MS = 500;
/** At the beginning, too: what comes first is as old as the newest keyframe. */
const BEGINNING_LOOKS = 6;

/** HTTP-FLV by mpegts.js: the least delay. `tracks` says what the broadcast has, as the player cannot wait to find out. */
export function playFlv(
  video: HTMLVideoElement,
  url: string,
  parts: PlayerParts,
  tracks: { readonly hasAudio: boolean; readonly hasVideo: boolean },
  events: PlayerEvents,
): Player {
  mpegts.LoggingControl.applyConfig({ enableAll: false });
  const player = mpegts.createPlayer(
    {
      type: "flv",
      isLive: true,
      url: urlFor(url, parts),
      hasAudio: tracks.hasAudio && parts !== "video",
      hasVideo: tracks.hasVideo && parts !== "audio",
    },
    {
      enableWorker: false,
      enableStashBuffer: false,
      liveSync: true,
      liveSyncMaxLatency: MAX_LATENCY,
      liveSyncTargetLatency: TARGET_LATENCY,
      liveSyncPlaybackRate: 1.1,
      lazyLoad: false,
      autoCleanupSourceBuffer: true,
      autoCleanupMaxBackwardDuration: 30,
      autoCleanupMinBackwardDuration: 10,
    },
  );
  player.on(
    mpegts.Events.ERROR,
    (type: string, detail: string, info: { readonly msg?: string; readonly code?: number }) => {
      events.onFailure(describeError(type, detail, info));
    },
  );
  player.on(mpegts.Events.LOADING_COMPLETE, () => {
    events.onFailure({ text: "The broadcast ended, or the connection to the server did.", mayReturn: true });
  });
  player.attachMediaElement(video);
  player.load();
  let looks = 0;
  const watch = setInterval(() => {
    if (isPlaying(video)) leapToLive(video, looks++ < BEGINNING_LOOKS ? MAX_LATENCY : LEAP_AT);
  }, WATCH_EVERY_MS);
  return {
    destroy() {
      clearInterval(watch);
      player.destroy();
    },
    latencyMs: () => bufferedAheadMs(video),
    qualities: () => [],
    chooseQuality: () => undefined,
    sounds: () => [],
    chooseSound: () => undefined,
  };
}

function urlFor(url: string, parts: PlayerParts): string {
  if (parts === "both") return url;
  return `${url}?${parts === "audio" ? "video" : "audio"}=0`;
}

function isPlaying({ buffered, paused }: HTMLVideoElement): boolean {
  return buffered.length > 0 && !paused;
}

/** Also over a hole that a broken stream left in front of the player. */
function leapToLive(video: HTMLVideoElement, leapAt: number): void {
  const { buffered } = video;
  const newest = buffered.end(buffered.length - 1);
  const start = buffered.start(buffered.length - 1);
  const isInHole = video.currentTime < start;
  if (isInHole || newest - video.currentTime > leapAt) {
    video.currentTime = Math.max(start, newest - TARGET_LATENCY);
  }
}

function describeError(
  type: string,
  detail: string,
  info: { readonly msg?: string; readonly code?: number },
): { readonly text: string; readonly mayReturn: boolean } {
  if (type === mpegts.ErrorTypes.NETWORK_ERROR) {
    const text = info.code === undefined || info.code < 400 ? "The connection to the server was lost." : "";
    return { text: text || `The server refused the stream (${info.code}).`, mayReturn: true };
  }
  const why = info.msg === undefined || info.msg === "" ? detail : info.msg;
  if (detail === mpegts.ErrorDetails.MEDIA_CODEC_UNSUPPORTED) {
    return { text: `This browser cannot play it as FLV: ${why}`, mayReturn: false };
  }
  return { text: `The player gave up: ${why}`, mayReturn: true };
}
