import { signal } from "@preact/signals";
import type { JSX } from "preact";
import type { ConnectionSnapshot } from "../../src/server/snapshots.ts";
import { serverNowMs } from "../data/live.ts";
import { usePolled } from "../data/poll.ts";
import { formatBytes, formatClock, formatCount, formatDuration } from "../format.ts";
import { broadcastHref, encodePart } from "../parse-route.ts";
import { KickButton } from "../parts/kick-dialog.tsx";
import { Pager, pageOf } from "../parts/pager.tsx";
import { SearchField } from "../parts/search-field.tsx";
import { PageTitle } from "../parts/shell.tsx";
import { type Column, type Sorting, sortRows, Table } from "../parts/table.tsx";
import { plainText, protocolWords } from "../words.ts";

const EVERY_MS = 3000;
const PER_PAGE = 50;
/** The API gives no more at once. */
const MAX_LOADED = 1000;

const ROLES = { all: "All", publishing: "Publishing", playing: "Watching", idle: "Neither" } as const;
type Role = keyof typeof ROLES;

const search = signal("");
const role = signal<Role>("all");
const page = signal(0);
const sorting = signal<Sorting>({ key: "since", isDown: true });

const COLUMNS: readonly Column<ConnectionSnapshot>[] = [
  {
    key: "client",
    title: "Client",
    sortBy: ({ remoteAddress }) => remoteAddress,
    cell: ({ remoteAddress, client, user }) => (
      <>
        <code>{remoteAddress}</code>
        {user !== undefined && <small> {plainText(user)}</small>}
        <small class="one-line" title={plainText(client)}>
          {plainText(client)}
        </small>
      </>
    ),
  },
  { key: "protocol", title: "By", sortBy: ({ protocol }) => protocol, cell: ({ protocol }) => protocolWords(protocol) },
  {
    key: "does",
    title: "Does",
    sortBy: (connection) => namesOf(connection).join(),
    cell: (connection) => <Doings connection={connection} />,
  },
  {
    key: "since",
    title: "For",
    isNumber: true,
    sortBy: ({ connectedAtMs }) => -connectedAtMs,
    cell: ({ connectedAtMs }) => formatClock(serverNowMs.value - connectedAtMs),
  },
  {
    key: "received",
    title: "Received",
    isNumber: true,
    sortBy: ({ receivedBytes }) => receivedBytes,
    cell: ({ receivedBytes }) => formatBytes(receivedBytes),
  },
  {
    key: "sent",
    title: "Sent",
    isNumber: true,
    sortBy: ({ sentBytes }) => sentBytes,
    cell: ({ sentBytes }) => formatBytes(sentBytes),
  },
  {
    key: "unsent",
    title: "Waiting",
    isNumber: true,
    sortBy: ({ unsentBytes }) => unsentBytes,
    cell: ({ unsentBytes }) => formatBytes(unsentBytes),
  },
  {
    key: "lag",
    title: "Behind",
    isNumber: true,
    sortBy: lagOf,
    cell: (connection) => (connection.playing.length === 0 ? "" : formatDuration(lagOf(connection))),
  },
  {
    key: "roundTrip",
    title: "Round trip",
    isNumber: true,
    sortBy: ({ roundTripMs }) => roundTripMs ?? -1,
    cell: ({ roundTripMs }) => formatDuration(roundTripMs),
  },
  {
    key: "kick",
    title: "Actions",
    isUntitled: true,
    cell: ({ id, remoteAddress }) => (
      <KickButton
        isSmall
        label={`Kick ${remoteAddress}`}
        consequence="The connection ends, and with it what it publishes and plays. Nothing keeps the client from coming back."
        path={`/connections/${encodePart(id)}`}
      />
    ),
  },
];

/** Everybody who is connected. */
export function ConnectionsPage(): JSX.Element {
  const { body, failure } = usePolled<{ readonly items: readonly ConnectionSnapshot[]; readonly total: number }>(
    `/connections?limit=${MAX_LOADED}`,
    EVERY_MS,
  );
  const all = body?.items ?? [];
  const found = sortRows(all.filter(isWanted), COLUMNS, sorting.value);
  const { shown, page: shownPage } = pageOf(found, page.value, PER_PAGE);
  return (
    <>
      <PageTitle title="Connections" />
      <div class="section-head">
        <p class="quiet">
          {formatCount(found.length)} of {formatCount(body?.total ?? 0)}
        </p>
        <div class="tools">
          <SearchField
            label="Address, client or broadcast"
            value={search.value}
            onValue={(value) => narrow(value, role.value)}
          />
          <select
            aria-label="What they do"
            value={role.value}
            onChange={(event) => narrow(search.value, event.currentTarget.value as Role)}
          >
            {Object.entries(ROLES).map(([value, label]) => (
              <option key={value} value={value}>
                {label}
              </option>
            ))}
          </select>
        </div>
      </div>
      {failure !== undefined && <p class="failure">{failure}</p>}
      {body !== undefined && body.total > all.length && (
        <p class="note">Only the first {formatCount(all.length)} are loaded; the API has all.</p>
      )}
      {body !== undefined && found.length === 0 ? (
        <p class="nothing">{all.length === 0 ? "Nobody is connected." : "No connection is like that."}</p>
      ) : (
        <Table
          caption="Connections"
          columns={COLUMNS}
          rows={shown}
          keyOf={({ id }) => id}
          sorting={sorting.value}
          onSorting={(next) => {
            sorting.value = next;
          }}
        />
      )}
      <Pager
        page={shownPage}
        perPage={PER_PAGE}
        total={found.length}
        label="connections"
        onPage={(next) => {
          page.value = next;
        }}
      />
    </>
  );
}

function narrow(text: string, wantedRole: Role): void {
  search.value = text;
  role.value = wantedRole;
  page.value = 0;
}

function isWanted(connection: ConnectionSnapshot): boolean {
  const { publishing, playing, remoteAddress, client, app, user = "" } = connection;
  const isOfRole = {
    all: true,
    publishing: publishing.length > 0,
    playing: playing.length > 0,
    idle: publishing.length + playing.length === 0,
  }[role.value];
  const text = [remoteAddress, client, app, user, ...namesOf(connection)].join("\n").toLowerCase();
  return isOfRole && text.includes(search.value.trim().toLowerCase());
}

function namesOf({ publishing, playing }: ConnectionSnapshot): readonly string[] {
  return [...publishing, ...playing.map(({ broadcast }) => broadcast)];
}

function lagOf({ playing }: ConnectionSnapshot): number {
  return Math.max(-1, ...playing.map(({ lagMs }) => lagMs));
}

function Doings({ connection }: { readonly connection: ConnectionSnapshot }): JSX.Element {
  const { publishing, playing, app } = connection;
  if (publishing.length + playing.length === 0)
    return <span class="quiet">connected{app !== "" && ` to ${plainText(app)}`}</span>;
  return (
    <ul class="doings">
      {publishing.map((name) => (
        <li key={`out ${name}`}>
          publishes{" "}
          <a href={broadcastHref(name)} title={plainText(name)}>
            {plainText(name)}
          </a>
        </li>
      ))}
      {playing.map(({ broadcast }) => (
        <li key={`in ${broadcast}`}>
          watches{" "}
          <a href={broadcastHref(broadcast)} title={plainText(broadcast)}>
            {plainText(broadcast)}
          </a>
        </li>
      ))}
    </ul>
  );
}
