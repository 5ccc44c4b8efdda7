import Hls, { type ErrorData } from "hls.js";
import { forgiveStalls, STALL_INCREASE } from "./forgive-stalls.ts";
import { bufferedAheadMs, type Player, type PlayerEvents } from "./player.ts";

/** Playback may go this much faster to catch up with the live edge. */
const CATCH_UP_RATE = 1.15;
const NATIVE_TYPE = "application/vnd.apple.mpegurl";

/** HLS with low latency: by hls.js, or by the browser itself where that is all there is (iPhones). */
export function playHls(video: HTMLVideoElement, url: string, events: PlayerEvents): Player {
  return Hls.isSupported() ? playByHlsJs(video, url, events) : playNatively(video, url, events);
}

function playByHlsJs(video: HTMLVideoElement, url: string, events: PlayerEvents): Player {
  const hls = new Hls({
    // A worker would be made from a blob, which the page's policy forbids; one stream does not need one.
    enableWorker: false,
    lowLatencyMode: true,
    maxLiveSyncPlaybackRate: CATCH_UP_RATE,
    liveSyncOnStallIncrease: STALL_INCREASE,
    backBufferLength: 30,
  });
  let recoveries = 0;
  hls.on(Hls.Events.ERROR, (_name, data) => {
    if (!data.fatal) return;
    if (data.type === Hls.ErrorTypes.MEDIA_ERROR && recoveries++ < 2 && !isCodecError(data))
      return hls.recoverMediaError();
    events.onFailure(describeError(data));
  });
  for (const name of [
    Hls.Events.MANIFEST_PARSED,
    Hls.Events.LEVEL_SWITCHED,
    Hls.Events.AUDIO_TRACK_SWITCHED,
  ] as const) {
    hls.on(name, events.onChoices);
  }
  forgiveStalls(hls);
  hls.loadSource(url);
  hls.attachMedia(video);
  return {
    destroy: () => hls.destroy(),
    latencyMs: () => (hls.latency > 0 ? hls.latency * 1000 : bufferedAheadMs(video)),
    qualities: () => qualitiesOf(hls),
    chooseQuality: (id) => {
      hls.nextLevel = id;
      events.onChoices();
    },
    sounds: () =>
      hls.audioTracks.length < 2
        ? []
        : hls.audioTracks.map(({ name, lang }, id) => ({
            id,
            label: name || lang || `Sound ${id + 1}`,
            isChosen: id === hls.audioTrack,
          })),
    chooseSound: (id) => {
      hls.audioTrack = id;
    },
  };
}

function qualitiesOf(hls: Hls): ReturnType<Player["qualities"]> {
  if (hls.levels.length < 2) return [];
  const levels = hls.levels.map((level, id) => ({
    id,
    label: level.height > 0 ? `${level.height}p` : level.name || "Sound only",
    isChosen: !hls.autoLevelEnabled && id === hls.loadLevel,
  }));
  return [{ id: -1, label: "Automatic", isChosen: hls.autoLevelEnabled }, ...levels];
}

function playNatively(video: HTMLVideoElement, url: string, events: PlayerEvents): Player {
  const canPlay = video.canPlayType(NATIVE_TYPE) !== "";
  const onError = (): void =>
    events.onFailure({ text: video.error?.message || "This browser cannot play it.", mayReturn: true });
  if (canPlay) {
    video.addEventListener("error", onError);
    video.src = url;
  } else {
    queueMicrotask(() =>
      events.onFailure({ text: "This browser has no media source extensions: it plays no HLS.", mayReturn: false }),
    );
  }
  return {
    destroy() {
      video.removeEventListener("error", onError);
      video.removeAttribute("src");
      video.load();
    },
    latencyMs: () => bufferedAheadMs(video),
    qualities: () => [],
    chooseQuality: () => undefined,
    sounds: () => [],
    chooseSound: () => undefined,
  };
}

function isCodecError({ details }: ErrorData): boolean {
  const { MANIFEST_INCOMPATIBLE_CODECS_ERROR, BUFFER_ADD_CODEC_ERROR, BUFFER_INCOMPATIBLE_CODECS_ERROR } =
    Hls.ErrorDetails;
  return [MANIFEST_INCOMPATIBLE_CODECS_ERROR, BUFFER_ADD_CODEC_ERROR, BUFFER_INCOMPATIBLE_CODECS_ERROR].includes(
    details,
  );
}

function describeError(data: ErrorData): { readonly text: string; readonly mayReturn: boolean } {
  if (isCodecError(data))
    return { text: `This browser cannot play it as HLS: ${data.error.message}`, mayReturn: false };
  if (data.type === Hls.ErrorTypes.NETWORK_ERROR) {
    const status = data.response?.code ?? 0;
    return {
      text: status >= 400 ? `The server refused the stream (${status}).` : "The connection to the server was lost.",
      mayReturn: true,
    };
  }
  return { text: `The player gave up: ${data.error.message}`, mayReturn: true };
}
