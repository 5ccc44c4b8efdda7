import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { EventLog } from "../server/event-log.ts";
import type { ServerMonitor } from "../server/snapshots.ts";
import { EventForwarder, MAX_GATHERED } from "./event-forwarder.ts";
import type { WorkerMessage } from "./messages.ts";

function create(): { events: EventLog; forwarder: EventForwarder; said: WorkerMessage[] } {
  const events = new EventLog(() => 0);
  const monitor: Pick<ServerMonitor, "onEvent"> = { onEvent: (listener) => events.listen(listener) };
  const said: WorkerMessage[] = [];
  return { events, forwarder: new EventForwarder(monitor, { send: (message) => said.push(message) }), said };
}

test("events of a moment go in one message, without what the supervisor tells itself", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { events, forwarder, said } = create();
  const play = { kind: "play", level: "info", text: "One." } as const;
  events.tell(play);
  events.tell({ kind: "server", level: "info", text: "The server has started." });
  events.tell({ ...play, text: "Two.", connection: "3" });
  deepEqual(said, []);
  t.mock.timers.tick(50);
  deepEqual(said, [{ kind: "events", events: [play, { ...play, text: "Two.", connection: "3" }] }]);
  events.tell(play);
  forwarder.close();
  events.tell(play);
  t.mock.timers.tick(50);
  equal(said.length, 2);
});

test("of a storm so many are told, and no more", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { events, forwarder, said } = create();
  for (let count = 0; count < MAX_GATHERED + 1; count++) events.tell({ kind: "play", level: "info", text: "One." });
  forwarder.close();
  deepEqual(
    said.map((message) => (message.kind === "events" ? message.events.length : 0)),
    [MAX_GATHERED],
  );
});
