import { deepEqual, equal, match } from "node:assert/strict";
import { connect } from "node:net";
import { test } from "node:test";
import { startSpreadingProxy } from "../../test/support/spreading-proxy.ts";
import { startPool, watch } from "../../test/support/worker-pool.ts";
import { hex } from "../bytes/hex.ts";
import { publishTo } from "../client/index.ts";

test("the requests of one tunnel may come to all workers in turn", async (t) => {
  const pool = await startPool(t, 3);
  const port = await startSpreadingProxy(
    t,
    [1, 2, 3].map((worker) => pool.worker(worker).port),
  );
  const url = `rtmpt://127.0.0.1:${port}/live/key`;
  const watcher = await watch(t, pool.worker(3));
  const stream = await publishTo(url);
  t.after(() => stream.close());
  const player = await watch(t, { ...pool.worker(1), url: () => url });
  for (let index = 0; index < 50; index++) {
    const payload = new Uint8Array(20_000)
      .fill(index)
      .fill(index === 0 ? 0x17 : 0x27, 0, 1)
      .fill(1, 1, 2);
    if (!stream.write({ kind: "video", timestamp: index * 40, payload })) await stream.ready();
  }
  for (const each of [watcher, player]) await each.until("50 pictures", () => each.media().length === 50);
  deepEqual(player.media(), watcher.media());
  equal(
    [1, 2, 3].reduce((sum, worker) => sum + pool.worker(worker).server.connectionCount, 0),
    3,
  );
  await stream.close();
  await player.untilEvent("Play.UnpublishNotify");
});

test("a worker answers for another's tunnel as that does", async (t) => {
  const pool = await startPool(t, 2);
  const here = await ask(pool.worker(1).port, "/open/1");
  const id = body(here).trim();
  match(id, /^[0-9a-f]{32}w1$/);
  const isLike = async (path: string, method?: string): Promise<string> => {
    const [own, others] = await Promise.all([1, 2].map((worker) => ask(pool.worker(worker).port, path, method)));
    equal(others, own);
    return others ?? "";
  };
  match(await isLike(`/send/${"0".repeat(32)}w1/1`), /^HTTP\/1.1 404 .*there is no such session\n$/s);
  match(await isLike(`/idle/${id}/1`, "GET"), /^HTTP\/1.1 405 .*Allow: POST/s);
  const idle = await ask(pool.worker(2).port, `/idle/${id}/1`);
  match(
    idle,
    /^HTTP\/1.1 200 OK\r\nContent-Type: application\/x-fcs\r\nContent-Length: 1\r\nCache-Control: no-cache\r\n/,
  );
  match(await ask(pool.worker(2).port, `/close/${id}/2`), /^HTTP\/1.1 200 /);
});

test("tunnels of a worker that is gone, or never was, are no tunnels", async (t) => {
  const pool = await startPool(t, 2);
  const id = body(await ask(pool.worker(1).port, "/open/1")).trim();
  await pool.kill(1);
  match(await ask(pool.worker(2).port, `/idle/${id}/1`), /^HTTP\/1.1 404 .*there is no such session\n$/s);
  match(await ask(pool.worker(2).port, `/idle/${"a".repeat(32)}w77/1`), /^HTTP\/1.1 404 /);
  match(await ask(pool.worker(2).port, "/idle/..w1/1"), /^HTTP\/1.1 400 /);
});

test("a body that is longer than allowed is refused there, and told here", async (t) => {
  const pool = await startPool(t, 2, { limits: { maxTunnelBodyBytes: 1000 } });
  const id = body(await ask(pool.worker(1).port, "/open/1")).trim();
  match(await ask(pool.worker(2).port, `/send/${id}/1`, "POST", new Uint8Array(1000)), /^HTTP\/1.1 200 /);
  match(await ask(pool.worker(2).port, `/send/${id}/2`, "POST", new Uint8Array(1001)), /^HTTP\/1.1 413 /);
  const line = pool.worker(1).lines.find(({ details }) => details["code"] === "http.request");
  match(String(line?.details["remote"]), /^127\.0\.0\.1:[1-9]\d*$/);
});

/** One request on a connection of its own; the whole answer as text. */
async function ask(port: number, path: string, method = "POST", content: Uint8Array = hex`00`): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  socket.write(
    `${method} ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: ${content.length}\r\n\r\n`,
  );
  socket.write(content);
  let text = "";
  for await (const piece of socket) text += (piece as Buffer).toString("latin1");
  return text;
}

function body(answer: string): string {
  return answer.slice(answer.indexOf("\r\n\r\n") + 4);
}
