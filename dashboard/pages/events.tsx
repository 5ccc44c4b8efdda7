import { signal } from "@preact/signals";
import type { JSX } from "preact";
import type { MonitorEvent } from "../../src/server/snapshots.ts";
import { events, serverNowMs } from "../data/live.ts";
import { formatCount, formatTimeOfDay } from "../format.ts";
import { broadcastHref } from "../parse-route.ts";
import { Icon } from "../parts/icon.tsx";
import { Pager, pageOf } from "../parts/pager.tsx";
import { SearchField } from "../parts/search-field.tsx";
import { PageTitle } from "../parts/shell.tsx";
import { EVENT_WORDS, plainText } from "../words.ts";

const PER_PAGE = 100;
const LEVELS = { info: "All levels", warning: "Warnings and errors", error: "Errors only" } as const;
type Level = keyof typeof LEVELS;

const RANK = { info: 0, warning: 1, error: 2 } as const;
const LEVEL_ICONS = { info: "info", warning: "warning", error: "bad" } as const;

const search = signal("");
const level = signal<Level>("info");
const kind = signal<MonitorEvent["kind"] | "">("");
const page = signal(0);

/** What happened lately, and why. The newest first. */
export function EventsPage(): JSX.Element {
  const found = events.value.filter(isWanted).reverse();
  const { shown, page: shownPage } = pageOf(found, page.value, PER_PAGE);
  return (
    <>
      <PageTitle title="Events" />
      <div class="section-head">
        <p class="quiet">
          {formatCount(found.length)} of {formatCount(events.value.length)}
        </p>
        <Filters />
      </div>
      {found.length === 0 && (
        <p class="nothing">{events.value.length === 0 ? "Nothing has happened yet." : "Nothing like that happened."}</p>
      )}
      <ol class="events">
        {shown.map((event) => (
          <EventLine key={`${event.atMs} ${event.id}`} event={event} />
        ))}
      </ol>
      <Pager
        page={shownPage}
        perPage={PER_PAGE}
        total={found.length}
        label="events"
        onPage={(next) => {
          page.value = next;
        }}
      />
    </>
  );
}

function Filters(): JSX.Element {
  return (
    <div class="tools">
      <SearchField
        label="Broadcast, address or text"
        value={search.value}
        onValue={(value) => {
          search.value = value;
          page.value = 0;
        }}
      />
      <select
        aria-label="Level"
        value={level.value}
        onChange={(event) => {
          level.value = event.currentTarget.value as Level;
        }}
      >
        {Object.entries(LEVELS).map(([value, label]) => (
          <option key={value} value={value}>
            {label}
          </option>
        ))}
      </select>
      <select
        aria-label="Kind"
        value={kind.value}
        onChange={(event) => {
          kind.value = event.currentTarget.value as MonitorEvent["kind"] | "";
        }}
      >
        <option value="">All kinds</option>
        {Object.entries(EVENT_WORDS).map(([value, label]) => (
          <option key={value} value={value}>
            {label}
          </option>
        ))}
      </select>
    </div>
  );
}

function isWanted(event: MonitorEvent): boolean {
  const { text, broadcast = "", remoteAddress = "", code = "" } = event;
  if (RANK[event.level] < RANK[level.value] || (kind.value !== "" && event.kind !== kind.value)) return false;
  return `${text}\n${broadcast}\n${remoteAddress}\n${code}`.toLowerCase().includes(search.value.trim().toLowerCase());
}

function EventLine({ event }: { readonly event: MonitorEvent }): JSX.Element {
  const { atMs, text, broadcast, remoteAddress, code } = event;
  return (
    <li data-level={event.level}>
      <Icon name={LEVEL_ICONS[event.level]} />
      <time dateTime={new Date(atMs).toISOString()}>{formatTimeOfDay(atMs, serverNowMs.value)}</time>
      <div>
        <p>
          <strong>{EVENT_WORDS[event.kind]}</strong>
          {event.level !== "info" && <span class="visually-hidden"> ({event.level})</span>}
          {broadcast !== undefined && (
            <a href={broadcastHref(broadcast)} title={plainText(broadcast)}>
              {plainText(broadcast)}
            </a>
          )}
          {remoteAddress !== undefined && <code>{remoteAddress}</code>}
          {code !== undefined && <code>{code}</code>}
        </p>
        <p class="event-text">{plainText(text)}</p>
      </div>
    </li>
  );
}
