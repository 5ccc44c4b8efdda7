import mpegts from "mpegts.js";
import { followLive } from "./follow-live.ts";
import { bufferedAheadMs, type Player, type PlayerEvents, type PlayerParts } from "./player.ts";

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
  const unfollow = followLive(video);
  return {
    destroy() {
      unfollow();
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
