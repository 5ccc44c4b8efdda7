import { deepEqual, equal } from "node:assert/strict";
import { describe, it } from "node:test";
import { parseTunnelTarget, type TunnelTarget } from "./tunnel-target.ts";

const MALFORMED: TunnelTarget = { kind: "malformed" };
const LONGEST_ID = "a".repeat(64);

const TARGETS: Readonly<Record<string, TunnelTarget>> = {
  "/fcs/ident2": { kind: "ident" },
  "/fcs/ident": { kind: "ident" },
  "/open/1": { kind: "open" },
  "/send/ABCD1234/0": { kind: "send", sessionId: "ABCD1234", sequence: 0 },
  "/idle/ABCD1234/2": { kind: "idle", sessionId: "ABCD1234", sequence: 2 },
  "/close/ABCD1234/3": { kind: "close", sessionId: "ABCD1234", sequence: 3 },
  "/idle/ABCD1234/2?x=/send": { kind: "idle", sessionId: "ABCD1234", sequence: 2 },
  "http://media.example:8080/idle/ABCD1234/2": { kind: "idle", sessionId: "ABCD1234", sequence: 2 },
  "/idle/a/4294967295": { kind: "idle", sessionId: "a", sequence: 0xffff_ffff },
  [`/idle/${LONGEST_ID}/1`]: { kind: "idle", sessionId: LONGEST_ID, sequence: 1 },
  [`/idle/${LONGEST_ID}a/1`]: MALFORMED,
  "/idle/a/4294967296": MALFORMED,
  "/idle/a/00000000001": MALFORMED,
  "/idle/a/-1": MALFORMED,
  "/idle/a/1.5": MALFORMED,
  "/idle/a/": MALFORMED,
  "/idle/a": MALFORMED,
  "/idle": MALFORMED,
  "/idle/../1": MALFORMED,
  "/idle/%61/1": MALFORMED,
  "/idle/a/1/2": MALFORMED,
  "/open": MALFORMED,
  "/open/x": MALFORMED,
  "/fcs/": MALFORMED,
};

describe("the target of a request", () => {
  for (const [target, expected] of Object.entries(TARGETS)) {
    it(target, () => deepEqual(parseTunnelTarget(target), expected));
  }
  for (const target of ["", "/", "/live/key.flv", "/opened/1", "/idles", "*", "//open/1", "http://open/1"]) {
    it(`${target} is not ours`, () => equal(parseTunnelTarget(target), undefined));
  }
});
