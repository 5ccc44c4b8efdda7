import type { JSX } from "preact";
import type { ServerSnapshot } from "../../src/server/snapshots.ts";
import { server, serverNowMs } from "../data/live.ts";
import { serverRates } from "../data/rates.ts";
import {
  formatBitrate,
  formatBytes,
  formatClock,
  formatCount,
  formatDuration,
  formatShare,
  formatTimeOfDay,
} from "../format.ts";
import { PageTitle } from "../parts/shell.tsx";
import { Sparkline } from "../parts/sparkline.tsx";
import { Table } from "../parts/table.tsx";

/** The process itself: how it does, and whom it refused. */
export function ServerPage(): JSX.Element {
  const current = server.value;
  return (
    <>
      <PageTitle title="Server" />
      {current === undefined ? <p class="nothing">A moment…</p> : <Server server={current} />}
    </>
  );
}

function Server({ server: current }: { readonly server: ServerSnapshot }): JSX.Element {
  const { received, sent, cpu } = serverRates.value;
  const { eventLoopDelayMs } = current;
  return (
    <>
      <div class="server-load">
        <Load term="Processor" now={formatShare(cpu.at(-1))} hint="of one core" values={cpu} />
        <Load
          term="Coming in"
          now={formatBitrate(received.at(-1))}
          hint={`${formatBytes(current.receivedBytes)} so far`}
          values={received}
        />
        <Load
          term="Going out"
          now={formatBitrate(sent.at(-1))}
          hint={`${formatBytes(current.sentBytes)} so far`}
          values={sent}
        />
      </div>
      <div class="two-panels">
        <section class="panel" aria-labelledby="process">
          <h2 id="process">Process</h2>
          <dl class="figures">
            <Figure term="Version" value={current.version} />
            <Figure term="Running for" value={formatClock(current.uptimeSeconds * 1000)} />
            <Figure term="Started" value={formatTimeOfDay(current.startedAtMs, serverNowMs.value)} />
            <Figure term="Processes" value={formatCount(current.workers)} />
            <Figure term="Memory" value={formatBytes(current.residentBytes)} />
            <Figure term="Processor time" value={formatDuration(current.cpuSeconds * 1000)} />
            <Figure term="Loop delay, half of the time" value={formatDuration(eventLoopDelayMs.p50)} />
            <Figure term="Loop delay, 99 of 100" value={formatDuration(eventLoopDelayMs.p99)} />
          </dl>
        </section>
        <div class="panel-stack">
          <section class="panel" aria-labelledby="clients">
            <h2 id="clients">Clients</h2>
            <dl class="figures">
              <Figure term="Connections" value={formatCount(current.connections)} />
              <Figure term="Publishers" value={formatCount(current.publishers)} />
              <Figure term="Viewers" value={formatCount(current.viewers)} />
              {portsOf(current.waysIn ?? []).map(([port, schemes]) => (
                <Figure key={port} term={`Port ${port}`} value={schemes.join(", ")} />
              ))}
            </dl>
          </section>
          <Refusals refusals={current.refusals} />
        </div>
      </div>
    </>
  );
}

/** What is taken on each port. */
function portsOf(
  waysIn: NonNullable<ServerSnapshot["waysIn"]>,
): readonly (readonly [port: number, schemes: readonly string[]])[] {
  const ports = Map.groupBy(waysIn, ({ port }) => port);
  return [...ports].map(([port, ways]) => [port, ways.map(({ scheme }) => scheme)] as const);
}

type LoadProps = {
  readonly term: string;
  readonly now: string;
  readonly hint: string;
  readonly values: readonly number[];
};

function Load({ term, now, hint, values }: LoadProps): JSX.Element {
  return (
    <div class="panel load">
      <p>
        <span>{term}</span>
        <strong>{now}</strong>
        <small>{hint}</small>
      </p>
      <Sparkline values={values} label={`${term}, the last minute: now ${now}`} />
    </div>
  );
}

function Figure({ term, value }: { readonly term: string; readonly value: string }): JSX.Element | null {
  if (value === "") return null;
  return (
    <div>
      <dt>{term}</dt>
      <dd>{value}</dd>
    </div>
  );
}

function Refusals({ refusals }: Pick<ServerSnapshot, "refusals">): JSX.Element {
  const rows = Object.entries(refusals).sort(([, left], [, right]) => right - left);
  return (
    <section class="panel" aria-labelledby="refusals">
      <h2 id="refusals">Refused or cut off</h2>
      {rows.length === 0 ? (
        <p class="nothing">Nobody since the start.</p>
      ) : (
        <Table
          caption="Refusals by reason"
          rows={rows}
          keyOf={([code]) => code}
          columns={[
            { key: "code", title: "Reason", cell: ([code]) => <code>{code}</code> },
            { key: "count", title: "Times", isNumber: true, cell: ([, count]) => formatCount(count) },
          ]}
        />
      )}
    </section>
  );
}
