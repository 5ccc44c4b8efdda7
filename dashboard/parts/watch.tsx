import type { JSX } from "preact";
import { useEffect, useReducer, useRef, useState } from "preact/hooks";
import type { BroadcastSnapshot } from "../../src/server/snapshots.ts";
import { reasonOf } from "../data/api.ts";
import { backOffMs } from "../data/back-off.ts";
import { formatDuration } from "../format.ts";
import { tracksWithoutDecoder } from "../players/decoders.ts";
import type { Player, PlayerChoice, PlayerParts } from "../players/player.ts";
import { hasWebAddress, mediaPath, NO_WEB_ADDRESS } from "../urls.ts";
import { plainText } from "../words.ts";
import { Icon } from "./icon.tsx";

type Protocol = "flv" | "hls";

const PROTOCOLS: readonly (readonly [protocol: Protocol, label: string])[] = [
  ["flv", "FLV"],
  ["hls", "LL-HLS"],
];

const PARTS: readonly (readonly [parts: PlayerParts, label: string])[] = [
  ["both", "Picture and sound"],
  ["video", "Picture only"],
  ["audio", "Sound only"],
];

const LATENCY_EVERY_MS = 1000;

/** Plays a broadcast in the page, by FLV or HLS; tries again by itself when its publisher comes back. */
export function Watch({ broadcast }: { readonly broadcast: BroadcastSnapshot }): JSX.Element {
  const [protocol, setProtocol] = useState<Protocol>("flv");
  const [parts, setParts] = useState<PlayerParts>("both");
  const video = useRef<HTMLVideoElement>(null);
  const { player, failure, latencyMs, retry } = usePlayer(video, broadcast, protocol, parts);
  const [isMuted, setIsMuted] = useState(true);
  const isLive = broadcast.state === "live";
  const hasSoundOnly = broadcast.tracks.length > 0 && broadcast.tracks.every(({ kind }) => kind === "audio");
  const isSoundOnly = hasSoundOnly || (protocol === "flv" && parts === "audio");
  return (
    <section class="watch" aria-label="Player">
      <div class="screen" data-content={isSoundOnly ? "sound" : "picture"}>
        <video
          ref={video}
          autoplay
          muted
          playsInline
          controls
          aria-label={`Video of ${plainText(broadcast.name)}`}
          onVolumeChange={(event) => setIsMuted(event.currentTarget.muted || event.currentTarget.volume === 0)}
        />
        {isSoundOnly && (
          <p class="sound-only">
            <Icon name="sound" />
            Sound only
          </p>
        )}
        {failure !== undefined && (
          <div class="screen-message" role="alert">
            <Icon name="warning" />
            <p>{plainText(failure.text)}</p>
            {failure.mayReturn ? (
              <button type="button" onClick={retry}>
                Try again
              </button>
            ) : (
              protocol === "flv" &&
              canPlaySound(broadcast, parts) && (
                <button type="button" onClick={() => setParts("audio")}>
                  Play the sound
                </button>
              )
            )}
          </div>
        )}
        {failure === undefined && !isLive && (
          <div class="screen-message">
            <Icon name="unknown" />
            <p>
              {broadcast.state === "waiting" ? "The publisher is gone for a moment." : "Nobody publishes this now."}
            </p>
          </div>
        )}
        {isMuted && failure === undefined && isLive && (
          <button type="button" class="unmute" onClick={() => unmute(video.current)}>
            <Icon name="muted" />
            Turn the sound on
          </button>
        )}
      </div>
      <div class="watch-bar">
        <fieldset class="segmented" aria-label="Play by">
          {PROTOCOLS.map(([value, label]) => (
            <button key={value} type="button" aria-pressed={protocol === value} onClick={() => setProtocol(value)}>
              {label}
            </button>
          ))}
        </fieldset>
        {protocol === "flv" && !hasSoundOnly && (
          <Choice
            label="What to play"
            choices={PARTS.map(([value, label], id) => ({ id, label, isChosen: value === parts }))}
            onChoice={(id) => setParts(PARTS[id]?.[0] ?? "both")}
          />
        )}
        {player !== undefined && (
          <>
            <Choice label="Quality" choices={player.qualities()} onChoice={(id) => player.chooseQuality(id)} />
            <Choice label="Sound" choices={player.sounds()} onChoice={(id) => player.chooseSound(id)} />
          </>
        )}
        <span class="latency" title="What has arrived and is not shown yet">
          Behind live <strong>{formatDuration(latencyMs)}</strong>
        </span>
      </div>
    </section>
  );
}

type ChoiceProps = {
  readonly label: string;
  readonly choices: readonly PlayerChoice[];
  readonly onChoice: (id: number) => void;
};

function Choice({ label, choices, onChoice }: ChoiceProps): JSX.Element | null {
  if (choices.length === 0) return null;
  const chosen = choices.find(({ isChosen }) => isChosen)?.id;
  return (
    <select aria-label={label} value={chosen} onChange={(event) => onChoice(Number(event.currentTarget.value))}>
      {choices.map(({ id, label: words }) => (
        <option key={id} value={id}>
          {words}
        </option>
      ))}
    </select>
  );
}

/** Where only the picture is what a browser cannot play. */
function canPlaySound({ name, tracks }: BroadcastSnapshot, parts: PlayerParts): boolean {
  const hasAudio = tracks.some(({ kind, trackId }) => kind === "audio" && trackId === 0);
  return parts === "both" && hasAudio && hasWebAddress(name) && missingDecoders(tracks, "audio") === "";
}

function unmute(video: HTMLVideoElement | null): void {
  if (video === null) return;
  video.muted = false;
  if (video.volume === 0) video.volume = 1;
  void video.play();
}

type Failure = { readonly text: string; readonly mayReturn: boolean };

type Playing = {
  readonly player: Player | undefined;
  readonly failure: Failure | undefined;
  readonly latencyMs: number | undefined;
  readonly retry: () => void;
};

function usePlayer(
  video: { readonly current: HTMLVideoElement | null },
  broadcast: BroadcastSnapshot,
  protocol: Protocol,
  parts: PlayerParts,
): Playing {
  const { name, state, tracks } = broadcast;
  const [attempt, retry] = useReducer((count: number) => count + 1, 0);
  const [, onChoices] = useReducer((count: number) => count + 1, 0);
  const [failure, setFailure] = useState<Failure>();
  const [latencyMs, setLatencyMs] = useState<number>();
  const [player, setPlayer] = useState<Player>();
  const failures = useRef(0);
  const hasAudio = tracks.some(({ kind }) => kind === "audio");
  const hasVideo = tracks.some(({ kind }) => kind === "video");
  const missing = missingDecoders(tracks, protocol === "flv" ? parts : "both");
  // Who watches goes on behind a publisher that comes back.
  const isOpen = useRef(false);
  const isLive = (hasAudio || hasVideo) && (state === "live" || (state === "waiting" && isOpen.current));
  isOpen.current = isLive;
  useEffect(() => {
    const element = video.current;
    setFailure(undefined);
    setLatencyMs(undefined);
    if (element === null || !isLive) return;
    if (!hasWebAddress(name)) return setFailure({ text: NO_WEB_ADDRESS, mayReturn: false });
    let isGone = false;
    let made: Player | undefined;
    let retryTimer: number | undefined;
    const url = mediaPath(name, protocol === "flv" ? ".flv" : "/index.m3u8");
    const onFailure = async ({ text, mayReturn }: Failure): Promise<void> => {
      const reason = await refusalOf(url);
      if (isGone) return;
      setFailure({ text: reason ?? text, mayReturn });
      if (mayReturn) retryTimer = setTimeout(() => retry(undefined), backOffMs(failures.current++, Math.random()));
    };
    const events = {
      onFailure: (told: Failure) => void onFailure(told),
      onChoices: () => onChoices(undefined),
    };
    if (missing !== "") {
      const text = `This browser has no decoder for ${missing}. VLC and ffplay play it: see the addresses.`;
      void onFailure({ text, mayReturn: false });
    }
    void load(protocol).then((play) => {
      if (isGone || missing !== "") return;
      made = play(element, url, parts, { hasAudio, hasVideo }, events);
      setPlayer(made);
      element.play().catch(() => undefined);
    });
    const latencyTimer = setInterval(() => {
      const latency = made?.latencyMs();
      if (latency !== undefined) failures.current = 0;
      setLatencyMs(latency);
    }, LATENCY_EVERY_MS);
    return () => {
      isGone = true;
      clearInterval(latencyTimer);
      clearTimeout(retryTimer);
      made?.destroy();
      setPlayer(undefined);
    };
  }, [name, protocol, parts, isLive, hasAudio, hasVideo, missing, attempt]);
  return { player, failure, latencyMs, retry: () => retry(undefined) };
}

/** What the default tracks would need, in words. */
function missingDecoders(tracks: BroadcastSnapshot["tracks"], parts: PlayerParts): string {
  const wanted = tracks.filter(({ kind, trackId }) => trackId === 0 && (parts === "both" || parts === kind));
  return tracksWithoutDecoder(wanted)
    .map(({ description }) => description)
    .join(" and ");
}

type Play = typeof import("../players/flv-player.ts").playFlv;

async function load(protocol: Protocol): Promise<Play> {
  if (protocol === "flv") return (await import("../players/flv-player.ts")).playFlv;
  const { playHls } = await import("../players/hls-player.ts");
  return (video, url, _parts, _tracks, events) => playHls(video, url, events);
}

/** The server's own words for why it does not serve a stream, if it does not. */
async function refusalOf(url: string): Promise<string | undefined> {
  const abort = new AbortController();
  try {
    const response = await fetch(url, { signal: abort.signal, credentials: "same-origin" });
    if (response.ok) return undefined;
    return await reasonOf(response);
  } catch {
    return undefined;
  } finally {
    abort.abort();
  }
}
