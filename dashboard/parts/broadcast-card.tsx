import type { JSX } from "preact";
import type { BroadcastSnapshot } from "../../src/server/snapshots.ts";
import { serverNowMs } from "../data/live.ts";
import { broadcastRates } from "../data/rates.ts";
import { countOf, formatBitrate, formatClock, formatCount, formatFrameRate } from "../format.ts";
import { broadcastHref } from "../parse-route.ts";
import { tracksWithoutDecoder } from "../players/decoders.ts";
import { plainText, protocolWords, STATE_WORDS, splitName, tracksInOrder } from "../words.ts";
import { HealthLine } from "./health-badge.tsx";
import { Icon } from "./icon.tsx";
import { LivePicture } from "./live-picture.tsx";
import { Sparkline } from "./sparkline.tsx";

/** One broadcast at a glance. The whole card is a link; the name is what it is called by. */
export function BroadcastCard({ broadcast }: { readonly broadcast: BroadcastSnapshot }): JSX.Element {
  const { name, state, publisher, health, viewers } = broadcast;
  const { app, key } = splitName(plainText(name));
  const rates = broadcastRates(name);
  const bitrate = rates.at(-1) ?? sumOf(health?.figures.videoBitrate, health?.figures.audioBitrate);
  return (
    <article class="card">
      <div class="card-picture">
        <LivePicture name={name} isLive={state === "live"} content={contentOf(broadcast)} />
        <StateBadge broadcast={broadcast} />
        <span class="badge viewers" title={countOf(viewers.total, "viewer")}>
          <Icon name="eye" />
          {formatCount(viewers.total)}
          <span class="visually-hidden"> {viewers.total === 1 ? "viewer" : "viewers"}</span>
        </span>
      </div>
      <div class="card-body">
        <h3>
          <a href={broadcastHref(name)} title={plainText(name)}>
            {app !== "" && <span class="app">{app}/</span>}
            {key}
          </a>
        </h3>
        <p class="quiet one-line">
          {publisher === undefined
            ? STATE_WORDS[state]
            : `${protocolWords(publisher.protocol)} · ${plainText(publisher.client) || "unnamed encoder"}`}
        </p>
        <ul class="codecs" aria-label="Tracks">
          {tracksInOrder(broadcast.tracks)
            .slice(0, 3)
            .map(({ kind, trackId, description }) => (
              <li key={`${kind}${trackId}`}>{plainText(description)}</li>
            ))}
          {broadcast.tracks.length > 3 && <li>+{broadcast.tracks.length - 3}</li>}
        </ul>
        <div class="card-figures">
          <Sparkline values={rates} label={`Bitrate of the last minute, now ${formatBitrate(bitrate)}`} />
          <p>
            <strong>{formatBitrate(state === "live" ? bitrate : undefined)}</strong>
            <span class="quiet">{formatFrameRate(health?.figures.frameRate)}</span>
          </p>
        </div>
        <HealthLine health={health} />
      </div>
    </article>
  );
}

/** Live, and since when; or what else. */
export function StateBadge({ broadcast }: { readonly broadcast: BroadcastSnapshot }): JSX.Element {
  const { state, liveSinceMs } = broadcast;
  return (
    <span class="badge state" data-state={state}>
      <span class="dot" />
      {state === "live" ? "Live" : state === "waiting" ? "Waiting" : "Idle"}
      {state === "live" && liveSinceMs !== undefined && <time>{formatClock(serverNowMs.value - liveSinceMs)}</time>}
    </span>
  );
}

/** What a browser can show of it. */
function contentOf({ tracks }: BroadcastSnapshot): "picture" | "hidden" | "sound" {
  const pictures = tracks.filter(({ kind }) => kind === "video");
  if (pictures.length === 0) return tracks.length === 0 ? "hidden" : "sound";
  return tracksWithoutDecoder(pictures).length < pictures.length ? "picture" : "hidden";
}

function sumOf(video: number | undefined, audio: number | undefined): number | undefined {
  return video === undefined && audio === undefined ? undefined : (video ?? 0) + (audio ?? 0);
}
