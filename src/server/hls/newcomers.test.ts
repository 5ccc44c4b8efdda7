import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import type { HttpClient } from "../http-viewers.ts";
import { HlsSession } from "./hls-session.ts";
import { MAX_NEWCOMERS, Newcomers } from "./newcomers.ts";

const NETWORK = "192.0.2.7";

/** A session that is told to `over` when it is over. */
function session(id: string, over: (session: HlsSession) => void): HlsSession {
  const info = { remoteAddress: `${NETWORK}:1234`, flashVersion: "", app: "live" };
  const client = { id, info, broadcastName: "live/key", began() {}, left() {}, refused() {} };
  return new HlsSession({
    id,
    path: "live/key",
    client: client as unknown as HttpClient,
    connectedAtMs: 0,
    nowMs: 0,
    limits: { sessionMs: 15_000, takeMs: 30_000, maxSessionRequests: 32 },
    newestMs: () => undefined,
    onOver: over,
  });
}

test("one more newcomer than may be puts out the oldest of its network, and of no other", () => {
  const newcomers = new Newcomers();
  const over: string[] = [];
  for (let index = 0; index < MAX_NEWCOMERS; index++) {
    equal(newcomers.makeRoom(NETWORK), true);
    const begun = session(`${index}`, ({ id }) => {
      over.push(id);
      newcomers.delete(NETWORK, begun);
    });
    newcomers.add(NETWORK, begun);
    // The first one has come back: it is a viewer like others.
    if (index === 1) newcomers.delete(NETWORK, begun);
  }
  equal(newcomers.makeRoom(NETWORK), true);
  deepEqual(over, []);
  newcomers.add(
    NETWORK,
    session("last", () => {}),
  );
  equal(newcomers.makeRoom("192.0.2.8"), true);
  deepEqual(over, []);
  equal(newcomers.makeRoom(NETWORK), true);
  deepEqual(over, ["0"]);
});
