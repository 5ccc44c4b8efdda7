import { computed, signal } from "@preact/signals";
import type { JSX } from "preact";
import type { BroadcastSnapshot } from "../../src/server/snapshots.ts";
import { broadcasts, server, snapshot } from "../data/live.ts";
import { serverRates } from "../data/rates.ts";
import { countOf, formatBitrate, formatCount } from "../format.ts";
import { BroadcastCard } from "../parts/broadcast-card.tsx";
import { Pager, pageOf } from "../parts/pager.tsx";
import { SearchField } from "../parts/search-field.tsx";
import { PageTitle } from "../parts/shell.tsx";
import { Sparkline } from "../parts/sparkline.tsx";
import { StartHelp } from "../parts/start-help.tsx";

const PER_PAGE = 24;
/** From this many on there is something to look for. */
const MANY = 2;

const ORDERS = {
  name: "By name",
  viewers: "Most viewers",
  newest: "Newest",
  health: "Worst health",
} as const;
type Order = keyof typeof ORDERS;

const search = signal("");
const order = signal<Order>("name");
const page = signal(0);

const HEALTH_RANK = { bad: 0, warning: 1, unknown: 2, good: 3 } as const;
const rankOf = ({ health }: BroadcastSnapshot): number => HEALTH_RANK[health?.level ?? "unknown"];
const COMPARE: Readonly<Record<Order, (left: BroadcastSnapshot, right: BroadcastSnapshot) => number>> = {
  name: () => 0,
  viewers: (left, right) => right.viewers.total - left.viewers.total,
  newest: (left, right) => (right.liveSinceMs ?? 0) - (left.liveSinceMs ?? 0),
  health: (left, right) => rankOf(left) - rankOf(right),
};

const found = computed(() => {
  const wanted = search.value.trim().toLowerCase();
  return broadcasts.value
    .filter(({ name, publisher }) => `${name} ${publisher?.client ?? ""}`.toLowerCase().includes(wanted))
    .sort((left, right) => COMPARE[order.value](left, right) || left.name.localeCompare(right.name));
});

/** All broadcasts at a glance. */
export function Overview(): JSX.Element {
  const total = snapshot.value?.total ?? broadcasts.value.length;
  const { shown, page: shownPage } = pageOf(found.value, page.value, PER_PAGE);
  return (
    <>
      <PageTitle title="Overview" />
      <Summary />
      {total === 0 ? (
        snapshot.value !== undefined && <StartHelp />
      ) : (
        <section aria-labelledby="broadcasts">
          <div class="section-head">
            <h2 id="broadcasts">
              Broadcasts <span class="count">{formatCount(total)}</span>
            </h2>
            {total >= MANY && <Tools />}
          </div>
          {broadcasts.value.length < total && (
            <p class="note">
              The first {formatCount(broadcasts.value.length)} are shown here; the others can be reached by their
              address and by the API.
            </p>
          )}
          <div class="cards">
            {shown.map((broadcast) => (
              <BroadcastCard key={broadcast.name} broadcast={broadcast} />
            ))}
          </div>
          {shown.length === 0 && <p class="nothing">No broadcast is called that.</p>}
          <Pager page={shownPage} perPage={PER_PAGE} total={found.value.length} onPage={showPage} label="broadcasts" />
        </section>
      )}
    </>
  );
}

function showPage(next: number): void {
  page.value = next;
  document.querySelector("#broadcasts")?.scrollIntoView({ block: "start" });
}

function Tools(): JSX.Element {
  return (
    <div class="tools">
      <SearchField
        label="Find a broadcast"
        value={search.value}
        onValue={(value) => {
          search.value = value;
          page.value = 0;
        }}
      />
      <select
        aria-label="Order"
        value={order.value}
        onChange={(event) => {
          order.value = event.currentTarget.value as Order;
        }}
      >
        {Object.entries(ORDERS).map(([value, label]) => (
          <option key={value} value={value}>
            {label}
          </option>
        ))}
      </select>
    </div>
  );
}

/** The server in four figures. */
function Summary(): JSX.Element {
  const { received, sent } = serverRates.value;
  const current = server.value;
  const live = broadcasts.value.filter(({ state }) => state === "live").length;
  return (
    <dl class="summary">
      <div>
        <dt>On the air</dt>
        <dd>{formatCount(current === undefined ? undefined : live)}</dd>
        <dd class="quiet">{current === undefined ? "" : countOf(current.broadcasts, "broadcast")}</dd>
      </div>
      <div>
        <dt>Viewers</dt>
        <dd>{formatCount(current?.viewers)}</dd>
        <dd class="quiet">{current === undefined ? "" : countOf(current.connections, "connection")}</dd>
      </div>
      <Traffic label="Coming in" rates={received} />
      <Traffic label="Going out" rates={sent} />
    </dl>
  );
}

function Traffic({ label, rates }: { readonly label: string; readonly rates: readonly number[] }): JSX.Element {
  const now = formatBitrate(rates.at(-1));
  return (
    <div>
      <dt>{label}</dt>
      <dd>{now}</dd>
      <dd class="summary-plot">
        <Sparkline values={rates} label={`${label}, the last minute: now ${now}`} />
      </dd>
    </div>
  );
}
