import type { CleanUp } from "./peer-process.ts";

/**
 * Ends what a test started in the opposite order, and each of it even where another end fails: node:test leaves out all
 * further hooks behind one that throws, and what they would have ended keeps its process alive for ever.
 */
export function lastFirst(owner: CleanUp): CleanUp {
  const ends: (() => Promise<void>)[] = [];
  owner.after(async () => {
    const failures: unknown[] = [];
    for (const end of ends.reverse()) {
      try {
        await end();
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length === 1) throw failures[0];
    if (failures.length > 1) throw new AggregateError(failures, failures.map(String).join("\n"));
  });
  return {
    after(end) {
      ends.push(end);
    },
  };
}
