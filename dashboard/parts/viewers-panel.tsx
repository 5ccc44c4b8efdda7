import type { JSX } from "preact";
import type { BroadcastSnapshot, ConnectionSnapshot, ViewingSnapshot } from "../../src/server/snapshots.ts";
import { serverNowMs } from "../data/live.ts";
import { usePolled } from "../data/poll.ts";
import { formatBytes, formatClock, formatCount, formatDuration } from "../format.ts";
import { encodePart } from "../parse-route.ts";
import { plainText, protocolWords } from "../words.ts";
import { KickButton } from "./kick-dialog.tsx";
import { type Column, Table } from "./table.tsx";

const EVERY_MS = 2000;
const MAX_SHOWN = 50;

/** One viewer as the API tells of it. */
type Viewer = ViewingSnapshot &
  Pick<ConnectionSnapshot, "protocol" | "remoteAddress" | "client" | "user" | "connectedAtMs"> & {
    readonly connection: string;
  };

const COLUMNS: readonly Column<Viewer>[] = [
  {
    key: "client",
    title: "Viewer",
    cell: ({ remoteAddress, client }) => (
      <>
        <code>{remoteAddress}</code>
        <small class="one-line" title={plainText(client)}>
          {plainText(client)}
        </small>
      </>
    ),
  },
  { key: "protocol", title: "By", cell: ({ protocol }) => protocolWords(protocol) },
  {
    key: "lag",
    title: "Behind",
    isNumber: true,
    cell: ({ lagMs, isPaused }) => (isPaused ? "paused" : formatDuration(lagMs)),
  },
  { key: "dropped", title: "Dropped", isNumber: true, cell: ({ droppedMessages }) => formatCount(droppedMessages) },
  { key: "skips", title: "Skips", isNumber: true, cell: ({ skips }) => formatCount(skips) },
  { key: "sent", title: "Sent", isNumber: true, cell: ({ sentBytes }) => formatBytes(sentBytes) },
  {
    key: "since",
    title: "For",
    isNumber: true,
    cell: ({ connectedAtMs }) => formatClock(serverNowMs.value - connectedAtMs),
  },
  {
    key: "kick",
    title: "Actions",
    isUntitled: true,
    cell: ({ connection, remoteAddress }) => (
      <KickButton
        isSmall
        label={`Kick the viewer ${remoteAddress}`}
        consequence="Its connection ends. Nothing keeps it from coming back."
        path={`/connections/${encodePart(connection)}`}
      />
    ),
  },
];

/** Who watches, by what, and how well. */
export function ViewersPanel({ broadcast }: { readonly broadcast: BroadcastSnapshot }): JSX.Element {
  const path = `/viewers?broadcast=${encodePart(broadcast.name)}&limit=${MAX_SHOWN}`;
  const { body } = usePolled<{ readonly items: readonly Viewer[] }>(path, EVERY_MS);
  const viewers = body?.items ?? [];
  const { total, byProtocol } = broadcast.viewers;
  return (
    <section class="panel" aria-labelledby="viewers">
      <div class="panel-head">
        <h2 id="viewers">
          Viewers <span class="count">{formatCount(total)}</span>
        </h2>
        <ul class="codecs" aria-label="By protocol">
          {Object.entries(byProtocol).map(([protocol, count]) => (
            <li key={protocol}>
              {protocolWords(protocol as keyof typeof byProtocol)} <strong>{formatCount(count)}</strong>
            </li>
          ))}
        </ul>
      </div>
      {viewers.length === 0 ? (
        <p class="nothing">Nobody watches now.</p>
      ) : (
        <Table caption="Viewers" columns={COLUMNS} rows={viewers} keyOf={(viewer) => viewer.connection} />
      )}
      {total > MAX_SHOWN && <p class="note">The first {MAX_SHOWN} are shown; all are under Connections.</p>}
    </section>
  );
}
