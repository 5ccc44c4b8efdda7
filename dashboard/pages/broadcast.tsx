import type { JSX } from "preact";
import type { BroadcastSnapshot } from "../../src/server/snapshots.ts";
import { broadcastPath } from "../data/api.ts";
import { findBroadcast, server, snapshot } from "../data/live.ts";
import { usePolled } from "../data/poll.ts";
import { broadcastRates } from "../data/rates.ts";
import { formatBitrate, formatBytes, formatCount } from "../format.ts";
import { StateBadge } from "../parts/broadcast-card.tsx";
import { BroadcastPlots } from "../parts/broadcast-plots.tsx";
import { CopyLine } from "../parts/copy-button.tsx";
import { HealthPanel } from "../parts/health-report.tsx";
import { Icon } from "../parts/icon.tsx";
import { KickButton } from "../parts/kick-dialog.tsx";
import { PageTitle } from "../parts/shell.tsx";
import { ViewersPanel } from "../parts/viewers-panel.tsx";
import { Watch } from "../parts/watch.tsx";
import { hasWebAddress, NO_WEB_ADDRESS, playLine, publishServer, watchUrls } from "../urls.ts";
import { plainText, protocolWords, splitName, tracksInOrder } from "../words.ts";

/** The stream of events leaves the metadata out, and of very many broadcasts some. */
const WHOLE_EVERY_MS = 5000;

/** One broadcast: to watch it, and to see how it does. */
export function BroadcastPage({ name }: { readonly name: string }): JSX.Element {
  const { body, failure } = usePolled<BroadcastSnapshot>(broadcastPath(name), WHOLE_EVERY_MS);
  const broadcast = findBroadcast(name) ?? body;
  return (
    <>
      <a class="back" href="#/">
        <Icon name="back" />
        All broadcasts
      </a>
      <PageTitle title={plainText(name)}>{broadcast !== undefined && <StateBadge broadcast={broadcast} />}</PageTitle>
      {broadcast === undefined ? (
        <p class="nothing">
          {snapshot.value === undefined || failure === undefined
            ? "A moment…"
            : "There is no broadcast of this name now."}
        </p>
      ) : (
        <Broadcast broadcast={broadcast} metadata={body?.metadata} />
      )}
    </>
  );
}

type BroadcastProps = { readonly broadcast: BroadcastSnapshot; readonly metadata: BroadcastSnapshot["metadata"] };

function Broadcast({ broadcast, metadata }: BroadcastProps): JSX.Element {
  return (
    <div class="broadcast">
      <div class="broadcast-main">
        <Watch broadcast={broadcast} />
        <BroadcastPlots broadcast={broadcast} />
        <ViewersPanel broadcast={broadcast} />
      </div>
      <div class="broadcast-side">
        <HealthPanel health={broadcast.health} />
        <PublisherPanel broadcast={broadcast} />
        <UrlsPanel name={broadcast.name} />
        <TracksPanel broadcast={broadcast} metadata={metadata} />
      </div>
    </div>
  );
}

function PublisherPanel({ broadcast }: { readonly broadcast: BroadcastSnapshot }): JSX.Element {
  const { name, publisher, receivedBytes, sentBytes, heldBytes, publications, returns } = broadcast;
  const rates = broadcastRates(name);
  const figures: readonly (readonly [term: string, value: string])[] = [
    ...(publisher === undefined
      ? []
      : ([
          ["Encoder", plainText(publisher.client) || "unnamed"],
          ["From", publisher.remoteAddress],
          ["By", protocolWords(publisher.protocol)],
        ] as const)),
    ["Coming in", `${formatBitrate(rates.at(-1))}, ${formatBytes(receivedBytes)} so far`],
    ["Sent to viewers", formatBytes(sentBytes)],
    ["Held in memory", formatBytes(heldBytes)],
    [
      "Publications",
      returns === 0 ? formatCount(publications) : `${formatCount(publications)}, came back ${formatCount(returns)} ×`,
    ],
  ];
  return (
    <section class="panel" aria-labelledby="publisher">
      <div class="panel-head">
        <h2 id="publisher">Publisher</h2>
        {publisher !== undefined && (
          <KickButton
            label="Kick the publisher"
            consequence={`The broadcast ${plainText(name)} ends for all who watch it. Nothing keeps its encoder from coming back.`}
            path={broadcastPath(name, "/publisher")}
          />
        )}
      </div>
      <dl class="figures">
        {figures.map(([term, value]) => (
          <div key={term}>
            <dt>{term}</dt>
            <dd title={value}>{value}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

function UrlsPanel({ name }: { readonly name: string }): JSX.Element {
  const { app, key } = splitName(name);
  const waysIn = server.value?.waysIn;
  const urls = watchUrls(name, waysIn, location);
  return (
    <section class="panel" aria-labelledby="urls">
      <h2 id="urls">Addresses</h2>
      <h3>To watch</h3>
      {urls.map(({ title, hint, url }) => (
        <CopyLine key={title} title={title} hint={hint} text={url} />
      ))}
      {!hasWebAddress(name) && <p class="note">{NO_WEB_ADDRESS}</p>}
      <CopyLine title="ffplay" hint="least delay" text={playLine(urls[0]?.url ?? "")} />
      <h3>To publish</h3>
      <CopyLine title="OBS: server" text={publishServer(app, waysIn, location)} />
      <CopyLine title="OBS: stream key" text={key} />
    </section>
  );
}

function TracksPanel({ broadcast, metadata }: BroadcastProps): JSX.Element {
  return (
    <section class="panel" aria-labelledby="tracks">
      <h2 id="tracks">Tracks</h2>
      {broadcast.tracks.length === 0 && <p class="nothing">None yet.</p>}
      <ul class="tracks">
        {tracksInOrder(broadcast.tracks).map(({ kind, trackId, description }) => (
          <li key={`${kind}${trackId}`}>
            <Icon name={kind === "video" ? "camera" : "sound"} />
            <span>
              <span class="visually-hidden">{kind} </span>
              {plainText(description)}
            </span>
            {trackId !== 0 && <small>track {trackId}</small>}
          </li>
        ))}
      </ul>
      {metadata !== undefined && Object.keys(metadata).length > 0 && (
        <details>
          <summary>What the encoder says of it (onMetaData)</summary>
          <dl class="figures metadata">
            {Object.entries(metadata).map(([term, value]) => (
              <div key={term}>
                <dt>{plainText(term)}</dt>
                <dd>{plainText(typeof value === "string" ? value : JSON.stringify(value))}</dd>
              </div>
            ))}
          </dl>
        </details>
      )}
    </section>
  );
}
