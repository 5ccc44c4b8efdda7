import { globSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type SessionParts, splitSession } from "./session-parts.ts";

const SESSIONS = new URL("../fixtures/sessions/", import.meta.url);

export type FuzzSettings = {
  /** `MILLRACE_FUZZ_ROUNDS`, or what is given. */
  readonly rounds: number;
  /** `MILLRACE_FUZZ_SEED`: the number of the first round. Each round has a seed of its own, to be tried alone. */
  readonly seed: number;
};

export function fuzzSettings(rounds: number): FuzzSettings {
  const { MILLRACE_FUZZ_ROUNDS = `${rounds}`, MILLRACE_FUZZ_SEED = "1" } = process.env;
  return { rounds: Number(MILLRACE_FUZZ_ROUNDS), seed: Number(MILLRACE_FUZZ_SEED) };
}

/** What real peers sent, with the name of each session, in the order of their names. */
export function recordedSessions(side: "client" | "server"): (readonly [string, SessionParts])[] {
  const files = globSync(`*.${side}.bin`, { cwd: fileURLToPath(SESSIONS) }).sort();
  return files.map((file) => [file, splitSession(new Uint8Array(readFileSync(new URL(file, SESSIONS))))]);
}
