import { deepEqual } from "node:assert/strict";
import { test } from "node:test";
import { NEXT_STREAM_STATE, type NetStreamAction, type NetStreamState } from "./net-stream-state.ts";

/** Every cell, a column an action; `-` is refused. */
const TABLE = `
                   idle              publish-requested  publishing  play-requested  playing         paused          deleted
  publish          publish-requested publish-requested  publishing  -               -               -               -
  play             play-requested    -                  -           play-requested  play-requested  play-requested  -
  play2            -                 -                  -           -               playing         paused          -
  pause            -                 -                  -           -               paused          paused          -
  resume           -                 -                  -           -               playing         playing         -
  seek             -                 -                  -           -               playing         paused          -
  receiveAudio     idle              -                  -           play-requested  playing         paused          -
  receiveVideo     idle              -                  -           play-requested  playing         paused          -
  FCUnpublish      -                 idle               idle        -               -               -               -
  closeStream      idle              idle               idle        idle            idle            idle            -
  deleteStream     deleted           deleted            deleted     deleted         deleted         deleted         -
  media            -                 publish-requested  publishing  -               -               -               -
  accept           -                 publishing         -           playing         -               -               -
  reject           -                 idle               idle        idle            idle            idle            -
  stop             -                 -                  idle        -               idle            idle            -
`;

test("every action in every state of a NetStream leads where the table says", () => {
  const [states = [], ...rows] = TABLE.trim()
    .split("\n")
    .map((line) => line.trim().split(/\s+/));
  deepEqual(Object.keys(NEXT_STREAM_STATE), states);
  const expected = rows.flatMap(([action, ...next]) => states.map((state, column) => [action, state, next[column]]));
  const found = rows.flatMap(([action]) =>
    states.map((state) => {
      const next = NEXT_STREAM_STATE[state as NetStreamState][action as NetStreamAction];
      return [action, state, next ?? "-"];
    }),
  );
  deepEqual(found, expected);
});

test("the table knows no action beside those", () => {
  const rows = TABLE.trim().split("\n").slice(1);
  const actions = new Set(rows.map((line) => line.trim().split(/\s+/)[0]));
  const known = Object.values(NEXT_STREAM_STATE).flatMap((row) => Object.keys(row));
  deepEqual(
    [...new Set(known)].filter((action) => !actions.has(action)),
    [],
  );
});
