import { equal, match, notEqual } from "node:assert/strict";
import { test } from "node:test";
import { CHALLENGE_CHARACTERS, CHALLENGE_LIFETIME_MS, Challenges, MAX_USED_CHALLENGES } from "./challenges.ts";

const secret = new Uint8Array(32).fill(7);
const startMs = 1_800_000_000_000;

test("a challenge is good once, for its user and its scheme", () => {
  const challenges = new Challenges(secret);
  const id = challenges.issue("adobe", "joe", startMs);
  equal(id.length, CHALLENGE_CHARACTERS);
  match(id, /^[A-Za-z0-9+/]+$/);
  notEqual(challenges.issue("adobe", "joe", startMs), id);
  equal(challenges.redeem("adobe", "ann", id, startMs + 1), false);
  equal(challenges.redeem("llnw", "joe", id, startMs + 1), false);
  equal(challenges.redeem("adobe", "joe", id, startMs + 1), true);
  equal(challenges.redeem("adobe", "joe", id, startMs + 1), false);
  equal(challenges.usedCount, 1);
});

test("what was not issued is no challenge", () => {
  const challenges = new Challenges(secret);
  const id = challenges.issue("adobe", "joe", startMs);
  equal(challenges.redeem("adobe", "joe", "never", startMs), false);
  equal(challenges.redeem("adobe", "joe", "", startMs), false);
  equal(challenges.redeem("adobe", "joe", `${id}=`, startMs), false);
  equal(challenges.redeem("adobe", "joe", ` ${id}`, startMs), false);
  for (let index = 0; index < 18; index++) {
    const bytes = Buffer.from(id, "base64");
    bytes[index] = (bytes[index] ?? 0) ^ 1;
    equal(challenges.redeem("adobe", "joe", bytes.toString("base64"), startMs), false);
  }
  equal(new Challenges(new Uint8Array(32)).redeem("adobe", "joe", id, startMs), false);
});

test("who has the same secret takes it, too", () => {
  const [first, second] = [new Challenges(secret), new Challenges(secret)];
  const id = first.issue("llnw", "joe", startMs);
  // Clocks of one machine are one, but may be set.
  equal(second.redeem("llnw", "joe", id, startMs - 5), true);
  equal(second.redeem("llnw", "joe", id, startMs), false);
});

test("a challenge expires", () => {
  const challenges = new Challenges(secret);
  const [first, second] = [challenges.issue("llnw", "joe", startMs), challenges.issue("llnw", "joe", startMs + 1)];
  equal(challenges.redeem("llnw", "joe", first, startMs + CHALLENGE_LIFETIME_MS), false);
  equal(challenges.redeem("llnw", "joe", second, startMs + CHALLENGE_LIFETIME_MS), true);
  equal(challenges.redeem("llnw", "joe", second, startMs + CHALLENGE_LIFETIME_MS), false);
  challenges.forgetExpired(startMs + 3 * CHALLENGE_LIFETIME_MS - 1);
  equal(challenges.usedCount, 1);
  challenges.forgetExpired(startMs + 3 * CHALLENGE_LIFETIME_MS);
  equal(challenges.usedCount, 0);
});

test("of too many that were used the oldest is forgotten", () => {
  const challenges = new Challenges(secret);
  const ids = Array.from({ length: MAX_USED_CHALLENGES + 1 }, () => challenges.issue("adobe", "joe", startMs));
  for (const id of ids) equal(challenges.redeem("adobe", "joe", id, startMs), true);
  equal(challenges.usedCount, MAX_USED_CHALLENGES);
  equal(challenges.redeem("adobe", "joe", ids[1] ?? "", startMs), false);
});
