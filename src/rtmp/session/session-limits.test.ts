import { doesNotThrow, throws } from "node:assert/strict";
import { test } from "node:test";
import { CommandBudget } from "./session-limits.ts";

function spend(budget: CommandBudget, count: number): void {
  for (let index = 0; index < count; index++) budget.spend();
}

test("two seconds' worth of commands may come at once, and not one more", () => {
  const budget = new CommandBudget(10);
  spend(budget, 20);
  throws(() => budget.spend(), { code: "session.flood" });
});

test("time brings new commands at the rate, up to two seconds' worth", () => {
  const budget = new CommandBudget(10);
  budget.refill(1_000_000);
  spend(budget, 20);
  budget.refill(1_000_500);
  spend(budget, 5);
  throws(() => budget.spend(), { code: "session.flood" });
  budget.refill(2_000_000);
  spend(budget, 20);
  throws(() => budget.spend(), { code: "session.flood" });
});

test("a clock that steps back takes nothing away", () => {
  const budget = new CommandBudget(10);
  budget.refill(5000);
  budget.refill(1000);
  doesNotThrow(() => spend(budget, 20));
});

test("each 4 KiB of a command count as one more, up to the commands of a second", () => {
  const budget = new CommandBudget(10);
  budget.spend(4095);
  budget.spend(4096);
  budget.spend(16_000_000);
  spend(budget, 7);
  throws(() => budget.spend(), { code: "session.flood" });
});

test("a budget of one command a second is enough for one of any length", () => {
  doesNotThrow(() => new CommandBudget(1).spend(16_000_000));
});
