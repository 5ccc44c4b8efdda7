import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { connect } from "../../src/client/index.ts";
import { startLiveServer } from "../support/live-server.ts";
import { startPacingRelay } from "../support/pacing-relay.ts";

for (const mbps of [2, 20]) {
  test(`a link of ${mbps} Mbit/s is measured within 20 %`, { timeout: 60_000 }, async (t) => {
    const server = await startLiveServer(t);
    const relay = await startPacingRelay(t, server.port, mbps * 1000);
    const connection = await connect(`rtmp://127.0.0.1:${relay.port}/live`);
    const { kbps, latencyMs = Number.NaN } = await connection.measureBandwidth();
    t.diagnostic(`${kbps} kbit/s, ${latencyMs} ms`);
    ok(Math.abs(kbps / (mbps * 1000) - 1) < 0.2, `${kbps} kbit/s`);
    ok(latencyMs >= 0 && latencyMs < 1000, `${latencyMs} ms`);
    ok(connection.statistics.bytesReceived < 7 * 1024 * 1024);
    await connection.close();
  });
}

test("a link without a limit is measured with no more than is allowed", { timeout: 60_000 }, async (t) => {
  const server = await startLiveServer(t);
  const connection = await connect(`rtmp://127.0.0.1:${server.port}/live`);
  const { kbps } = await connection.measureBandwidth();
  ok(kbps > 50_000, `${kbps} kbit/s`);
  const { bytesReceived } = connection.statistics;
  ok(bytesReceived < 6.1 * 1024 * 1024, `${bytesReceived} bytes`);
  await connection.close();
});

test("a connection that is measured goes on with everything else", { timeout: 60_000 }, async (t) => {
  const server = await startLiveServer(t);
  const connection = await connect(`rtmp://127.0.0.1:${server.port}/live`);
  const measuring = connection.measureBandwidth();
  const [published, played] = await Promise.all([connection.publish("key"), connection.play("key")]);
  published.write({ kind: "audio", timestamp: 0, payload: Uint8Array.of(0xaf, 0, 0x12, 0x10) });
  const { value } = await played[Symbol.asyncIterator]().next();
  deepEqual(value?.payload, Uint8Array.of(0xaf, 0, 0x12, 0x10));
  ok((await measuring).kbps > 0);
  equal((await connection.close()).kind, "closed");
});
