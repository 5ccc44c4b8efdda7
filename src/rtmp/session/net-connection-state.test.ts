import { deepEqual } from "node:assert/strict";
import { test } from "node:test";
import { NEXT_CONNECTION_STATE, type NetConnectionAction, type NetConnectionState } from "./net-connection-state.ts";

/** Every cell, a column an action; `-` is refused. */
const TABLE = `
               unconnected  connecting  connected  rejected  closed
  connect      connecting   -           -          -         -
  accept       -            connected   -          -         -
  reject       -            rejected    -          -         -
  close        closed       closed      closed     closed    -
  early-call   unconnected  connecting  connected  -         -
  call         -            connecting  connected  -         -
`;

test("every action in every state of a NetConnection leads where the table says", () => {
  const [states = [], ...rows] = TABLE.trim()
    .split("\n")
    .map((line) => line.trim().split(/\s+/));
  deepEqual(Object.keys(NEXT_CONNECTION_STATE), states);
  const expected = rows.flatMap(([action, ...next]) => states.map((state, column) => [action, state, next[column]]));
  const found = rows.flatMap(([action]) =>
    states.map((state) => {
      const next = NEXT_CONNECTION_STATE[state as NetConnectionState][action as NetConnectionAction];
      return [action, state, next ?? "-"];
    }),
  );
  deepEqual(found, expected);
});
