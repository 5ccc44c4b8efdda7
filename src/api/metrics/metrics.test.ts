import { equal, match, ok } from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { bearer, startApi, TOKEN } from "../../../test/support/api.ts";
import {
  broadcastSnapshot,
  connectionSnapshot,
  fakeMonitor,
  serverSnapshot,
  viewingSnapshot,
} from "../../../test/support/fake-monitor.ts";
import { requirePeer } from "../../../test/support/require-peer.ts";
import { CachedMonitor } from "../cached-monitor.ts";
import { Metrics } from "./metrics.ts";

/** Time stands still for nobody: every request is answered anew. */
function metricsOf(monitor = fakeMonitor(), maxBroadcasts = 0) {
  let nowMs = 0;
  const metrics = new Metrics(new CachedMonitor(monitor, () => (nowMs += 1000)), maxBroadcasts);
  return { monitor, read: async () => (await metrics.collect()).text, metrics };
}

function seriesValue(text: string, series: string): number | undefined {
  const line = text.split("\n").find((candidate) => candidate.startsWith(`${series} `));
  return line === undefined ? undefined : Number(line.slice(series.length + 1));
}

test("promtool finds nothing to complain about", async (t) => {
  const monitor = fakeMonitor();
  const { ask } = await startApi(t, { monitor, token: TOKEN, maxBroadcastMetrics: 10 });
  monitor.tell({});
  monitor.state.broadcasts.push(broadcastSnapshot('odd/"name"\\\n'));
  const answer = await ask("/metrics", { headers: bearer() });
  match(String(answer.headers["content-type"]), /^text\/plain; version=0\.0\.4/);
  const checked = spawnSync(requirePeer("promtool"), ["check", "metrics"], { input: answer.text, encoding: "utf8" });
  equal(checked.status, 0, checked.stdout + checked.stderr);
  equal(checked.stdout + checked.stderr, "");
});

test("the server's state is what the snapshots say", async () => {
  const { monitor, read } = metricsOf();
  monitor.tell({ kind: "publish" });
  const text = await read();
  equal(seriesValue(text, `millrace_build_info{version="1.2.3",node="${process.version}"}`), 1);
  equal(seriesValue(text, 'millrace_connections{protocol="rtmp"}'), 2);
  equal(seriesValue(text, 'millrace_viewers{protocol="rtmp"}'), 1);
  equal(seriesValue(text, 'millrace_broadcasts{state="live"}'), 1);
  equal(seriesValue(text, 'millrace_broadcasts{state="idle"}'), 0);
  equal(seriesValue(text, 'millrace_refusals_total{code="timeout.handshake"}'), 2);
  equal(seriesValue(text, 'millrace_events_total{kind="publish",level="info"}'), 1);
  equal(seriesValue(text, 'millrace_event_loop_delay_seconds{percentile="99"}'), 0.004);
  equal(seriesValue(text, "millrace_received_bytes_total"), 1_000_000);
  equal(seriesValue(text, "millrace_viewer_lag_max_seconds"), 0.12);
  ok((seriesValue(text, "process_resident_memory_bytes") ?? 0) > 1_000_000);
  equal(text.includes("millrace_broadcast_"), false);
});

test("counters never go back, whatever the snapshots do", async () => {
  const { monitor, read } = metricsOf();
  const viewer = (droppedMessages: number, id = "2") =>
    connectionSnapshot(id, { playing: [viewingSnapshot("live/demo", { droppedMessages })] });
  const seen: (number | undefined)[] = [];
  for (const [receivedBytes, connections] of [
    [1000, [viewer(5)]],
    [400, [viewer(7)]],
    [900, []],
    [900, [viewer(2, "3")]],
  ] as const) {
    monitor.state.server = serverSnapshot({ receivedBytes });
    monitor.state.connections = [...connections];
    const text = await read();
    seen.push(
      seriesValue(text, "millrace_received_bytes_total"),
      seriesValue(text, "millrace_viewer_dropped_messages_total"),
    );
  }
  equal(seen.join(), "1000,5,1000,7,1500,7,1500,9");
});

test("broadcasts have series of their own up to the limit, and the others are one", async () => {
  const { monitor, read } = metricsOf(fakeMonitor(), 2);
  const named = (...names: string[]) => names.map((name) => broadcastSnapshot(name, { receivedBytes: 100 }));
  monitor.state.broadcasts = named("a/1", "a/2", "a/3", "a/4");
  const first = await read();
  equal(seriesValue(first, 'millrace_broadcast_viewers{broadcast="a/1"}'), 1);
  equal(seriesValue(first, 'millrace_broadcast_viewers{broadcast="other"}'), 2);
  equal(seriesValue(first, 'millrace_broadcast_received_bytes_total{broadcast="other"}'), 200);
  equal(seriesValue(first, 'millrace_broadcast_health{broadcast="other"}'), 1);
  equal(first.includes("a/3"), false);
  monitor.state.broadcasts = named("a/2", "a/3", "a/4");
  const second = await read();
  equal(second.includes("a/1"), false);
  equal(seriesValue(second, 'millrace_broadcast_viewers{broadcast="a/3"}'), 1);
  equal(seriesValue(second, 'millrace_broadcast_received_bytes_total{broadcast="other"}'), 200);
});

test("codes of refusals are a bounded number", async () => {
  const { monitor, read } = metricsOf();
  const refusals = Object.fromEntries(Array.from({ length: 65 }, (_, index) => [`code.${index}`, 1]));
  monitor.state.server = serverSnapshot({ refusals });
  const text = await read();
  equal(seriesValue(text, 'millrace_refusals_total{code="code.63"}'), 1);
  equal(seriesValue(text, 'millrace_refusals_total{code="code.64"}'), undefined);
  equal(seriesValue(text, 'millrace_refusals_total{code="other"}'), 1);
});

test("every metric that the Grafana dashboard names exists", async () => {
  const { monitor, read } = metricsOf(fakeMonitor(), 10);
  monitor.tell({});
  const dashboard = readFileSync(new URL("../../../docs/grafana/millrace.json", import.meta.url), "utf8");
  const text = await read();
  const names = new Set(dashboard.match(/\b(?:millrace|process|nodejs)_[a-z_]+\b/g));
  ok(names.size > 15, `${names.size} names`);
  for (const name of names) ok(text.includes(`\n# TYPE ${name} `) || text.startsWith(`# TYPE ${name} `), name);
});
