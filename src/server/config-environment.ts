import { DIRECT_WRITE_VARIABLE } from "../transport/direct-write.ts";
import { nearest } from "../transport/nearest.ts";
import { FAST_READ_VARIABLE } from "../transport/shared-read-buffer.ts";
import { CONFIG_KEYS, valueFromText } from "./config-keys.ts";
import type { ConfigProblem } from "./config-problem.ts";
import type { Setting, Settings } from "./config-settings.ts";

/** Names the configuration file, as `--config` does. */
export const CONFIG_FILE_VARIABLE = "MILLRACE_CONFIG";

const PREFIX = "MILLRACE_";

/** Read elsewhere. */
const OTHER_VARIABLES: readonly string[] = [CONFIG_FILE_VARIABLE, FAST_READ_VARIABLE, DIRECT_WRITE_VARIABLE];

/** What Kubernetes sets by itself in every container beside a service that is called millrace. */
const OF_KUBERNETES = /^MILLRACE_(?:\w+_)?(?:SERVICE_(?:HOST|PORT)|PORT)(?:_\w+)?$/;

/**
 * Reads `MILLRACE_…` variables; an empty one counts as not set.
 * A name that means nothing is no more than a warning to its caller: others may use the prefix too.
 */
export function readEnvironment(environment: Readonly<Record<string, string | undefined>>): Settings {
  const byName = new Map([...CONFIG_KEYS.values()].map((key) => [key.environment, key]));
  const settings: Setting[] = [];
  const problems: ConfigProblem[] = [];
  for (const [name, text] of Object.entries(environment)) {
    if (!name.startsWith(PREFIX) || OTHER_VARIABLES.includes(name) || text === undefined || text === "") continue;
    const key = byName.get(name);
    const origin = { kind: "environment", name } as const;
    if (key !== undefined) settings.push({ key, value: valueFromText(key, text), origin });
    else if (!OF_KUBERNETES.test(name)) problems.push({ origin, key: name, message: unknownName(name, byName.keys()) });
  }
  return { settings, problems };
}

function unknownName(name: string, known: Iterable<string>): string {
  const suffixes = [...known, ...OTHER_VARIABLES].map((candidate) => candidate.slice(PREFIX.length));
  const suggestion = nearest(name.slice(PREFIX.length), suffixes);
  return suggestion === undefined ? "sets nothing" : `sets nothing: did you mean ${PREFIX}${suggestion}?`;
}
