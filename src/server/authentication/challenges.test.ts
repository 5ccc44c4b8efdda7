import { equal } from "node:assert/strict";
import { test } from "node:test";
import { CHALLENGE_LIFETIME_MS, Challenges, MAX_CHALLENGES } from "./challenges.ts";

test("a challenge is good once, for its user and its scheme", () => {
  const challenges = new Challenges();
  for (const id of ["a", "b", "c"]) challenges.issue("adobe", "joe", id, 0);
  equal(challenges.redeem("adobe", "joe", "a", 1), true);
  equal(challenges.redeem("adobe", "joe", "a", 1), false);
  equal(challenges.redeem("adobe", "ann", "b", 1), false);
  equal(challenges.redeem("adobe", "joe", "b", 1), false);
  equal(challenges.redeem("llnw", "joe", "c", 1), false);
  equal(challenges.redeem("adobe", "joe", "never", 1), false);
  equal(challenges.size, 0);
});

test("a challenge expires", () => {
  const challenges = new Challenges();
  challenges.issue("llnw", "joe", "a", 0);
  challenges.issue("llnw", "joe", "b", 1);
  equal(challenges.redeem("llnw", "joe", "a", CHALLENGE_LIFETIME_MS), false);
  equal(challenges.redeem("llnw", "joe", "b", CHALLENGE_LIFETIME_MS), true);
  challenges.issue("llnw", "joe", "c", 0);
  challenges.forgetExpired(CHALLENGE_LIFETIME_MS - 1);
  equal(challenges.size, 1);
  challenges.forgetExpired(CHALLENGE_LIFETIME_MS);
  equal(challenges.size, 0);
});

test("of too many challenges the oldest is forgotten", () => {
  const challenges = new Challenges();
  for (let index = 0; index <= MAX_CHALLENGES; index++) challenges.issue("adobe", "joe", `${index}`, index);
  equal(challenges.size, MAX_CHALLENGES);
  equal(challenges.redeem("adobe", "joe", "0", 1), false);
  equal(challenges.redeem("adobe", "joe", "1", 1), true);
});
