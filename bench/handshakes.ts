// How long everybody else waits for one server handshake, by its kind: `node bench/handshakes.ts`. See docs/benchmarks.md.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate as turn } from "node:timers/promises";
import { parseArgs } from "node:util";
import { concatBytes } from "../src/bytes/concat.ts";
import { type ClientHandshakeForm, createClientHandshake } from "../src/rtmp/handshake/client-handshake.ts";
import type { Handshake } from "../src/rtmp/handshake/handshake.ts";
import { createServerHandshake } from "../src/rtmp/handshake/server-handshake.ts";
import { nodeCrypto, prepareKeyExchange } from "../src/transport/node-crypto.ts";
import { TlsIdentities } from "../src/transport/tls-identities.ts";
import { percentile } from "./support/statistics.ts";
import { textTable } from "./support/text-table.ts";
import { tlsHandshakeStretchMs } from "./support/tls-handshake-stretch.ts";

const USAGE = `node bench/handshakes.ts [--count N]

Carries out N handshakes of each kind [500], and prints for how many milliseconds a server does nothing else: the longest
stretch of each handshake. "first" is the first of a process that has prepared itself as a server does.
`;

const { values } = parseArgs({
  options: { count: { type: "string", default: "500" }, help: { type: "boolean", default: false } },
});
if (values.help) process.stdout.write(USAGE);
else await run(Number(values.count));

async function run(count: number): Promise<void> {
  // As a server does when it starts.
  prepareKeyExchange();
  const folder = mkdtempSync(join(tmpdir(), "millrace-bench-"));
  try {
    const identities = await TlsIdentities.load({ selfSignedFolder: folder });
    const rows = [
      await rowOf("plain", count, () => rtmpStretchMs("plain")),
      await rowOf("digest", count, () => rtmpStretchMs("digest")),
      await rowOf("RTMPE, type 6", count, () => rtmpStretchMs("encrypted", 6)),
      await rowOf("RTMPE, type 8 (XTEA)", count, () => rtmpStretchMs("encrypted", 8)),
      await rowOf("RTMPE, type 9 (Blowfish)", count, () => rtmpStretchMs("encrypted", 9)),
      await rowOf("TLS 1.3, P-256", count, () => tlsHandshakeStretchMs(identities)),
    ];
    process.stdout.write(textTable(["handshake, ms", "first", "p50", "p99", "longest"], rows));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function rowOf(name: string, count: number, stretchMs: () => number | Promise<number>): Promise<string[]> {
  const first = await stretchMs();
  const stretchesMs: number[] = [];
  while (stretchesMs.length < count) {
    stretchesMs.push(await stretchMs());
    await turn();
  }
  const figures = [first, percentile(stretchesMs, 0.5), percentile(stretchesMs, 0.99), Math.max(...stretchesMs)];
  return [name, ...figures.map((figure) => figure.toFixed(2))];
}

/** The longer of the server's two steps: to answer C1, and to take C2. */
function rtmpStretchMs(form: ClientHandshakeForm, encryptedVersion?: 6 | 8 | 9): number {
  const common = { nowMs: 0, crypto: nodeCrypto };
  const client = createClientHandshake({ ...common, form });
  const challenge = concatBytes(client.takeOutput());
  const startedAtMs = performance.now();
  const server = createServerHandshake({ ...common, ...(encryptedVersion !== undefined && { encryptedVersion }) });
  server.push(challenge);
  const answer = concatBytes(server.takeOutput());
  const answeredAtMs = performance.now();
  client.push(answer);
  const proof = concatBytes(client.takeOutput());
  const provedAtMs = performance.now();
  server.push(proof);
  const endedAtMs = performance.now();
  checkDone(client, server);
  return Math.max(answeredAtMs - startedAtMs, endedAtMs - provedAtMs);
}

function checkDone(...sides: readonly Handshake[]): void {
  if (sides.some(({ result }) => result === undefined)) throw new Error("a handshake did not come to its end");
}
