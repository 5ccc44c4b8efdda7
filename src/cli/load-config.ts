import type { SwfIdentity } from "../rtmp/handshake/swf-verification.ts";
import type { Config } from "../server/config.ts";
import { checkApi } from "../server/config-api-token.ts";
import { CONFIG_FILE_VARIABLE, readEnvironment } from "../server/config-environment.ts";
import { readConfigFile } from "../server/config-file.ts";
import { checkFiles, describeReadError } from "../server/config-files.ts";
import { CONFIG_KEYS } from "../server/config-keys.ts";
import { type ConfigOrigin, type ConfigProblem, describeConfigProblem } from "../server/config-problem.ts";
import { type PartOrigins, resolveConfig, type Settings, settingFromText } from "../server/config-settings.ts";
import { checkWorkers } from "../server/config-workers.ts";
import type { CommandContext } from "./context.ts";
import { ExitCode } from "./exit-codes.ts";

/** The options of the command line that set something. */
export type ConfigOptions = {
  readonly listen?: readonly string[];
  /** The older name of `listen`. */
  readonly rtmp?: readonly string[];
  readonly tls?: readonly string[];
  readonly tlsSelfSigned?: string;
  readonly workers?: string;
  readonly api?: string;
  readonly apiTokenFile?: string;
  readonly config?: string;
  readonly set?: readonly string[];
  readonly logLevel?: string;
  readonly json?: boolean;
};

export type LoadedConfig = {
  /** The defaults where there are problems. */
  readonly config: Config;
  /** What the SWF files of the configuration have become. */
  readonly allowedSwf: readonly SwfIdentity[];
  /** Passwords by name, from the file of users. */
  readonly users?: ReadonlyMap<string, string>;
  /** Of the API. */
  readonly token?: string;
  readonly problems: readonly ConfigProblem[];
  /** What is odd but no reason not to start. */
  readonly warnings: readonly ConfigProblem[];
};

/** Puts the configuration together: the command line before the environment before the file before the defaults. */
export async function loadConfig(options: ConfigOptions, context: CommandContext): Promise<LoadedConfig> {
  const path = options.config ?? (context.environment[CONFIG_FILE_VARIABLE] || undefined);
  const file = path === undefined ? NOTHING : readFile(path, context);
  const environment = readEnvironment(context.environment);
  const commandLine = readOptions(options);
  const sources = [file, environment, commandLine];
  const resolved = resolveConfig(sources.flatMap(({ settings }) => settings));
  const files = await checkFiles(resolved, context);
  const api = checkApi(resolved, context);
  return {
    config: resolved.config,
    allowedSwf: files.allowedSwf,
    ...(files.users !== undefined && { users: files.users }),
    ...(api.token !== undefined && { token: api.token }),
    problems: inOrder([
      ...file.problems,
      ...commandLine.problems,
      ...resolved.problems,
      ...checkWorkers(resolved),
      ...files.problems,
      ...api.problems,
    ]),
    warnings: environment.problems,
  };
}

/** Writes one line a problem, or one JSON object for all, and says how to exit. */
export function reportProblems(problems: readonly ConfigProblem[], context: CommandContext, isJson: boolean): ExitCode {
  const lines = problems.map(describeConfigProblem);
  const text = isJson
    ? JSON.stringify({ event: "bad-configuration", problems: problems.map(withText) })
    : lines.join("\n");
  context.stderr.write(`${text}\n`);
  return problems.every(({ origin }) => origin.kind === "argument") ? ExitCode.Usage : ExitCode.Config;
}

const NOTHING: Settings = { settings: [], problems: [] };

function withText(problem: ConfigProblem): object {
  return { ...problem, text: describeConfigProblem(problem) };
}

function readFile(path: string, context: CommandContext): Settings {
  try {
    return readConfigFile(new TextDecoder().decode(context.readFile(path)), path);
  } catch (error) {
    const message = `the configuration file cannot be read: ${describeReadError(error)}`;
    return { settings: [], problems: [{ origin: { kind: "file", file: path }, key: undefined, message }] };
  }
}

function readOptions(options: ConfigOptions): Settings {
  const { listen, rtmp, tls, tlsSelfSigned } = options;
  const all = [
    ...(listen === undefined && rtmp === undefined ? [] : [fromListenOptions(listen, rtmp)]),
    ...(tls === undefined ? [] : [fromTexts("--tls", "tls.certificates", tls)]),
    ...(tlsSelfSigned === undefined ? [] : [fromOption("--tls-self-signed", "tls.selfSignedFolder", tlsSelfSigned)]),
    ...(options.workers === undefined ? [] : [fromOption("--workers", "workers", options.workers)]),
    ...(options.api === undefined ? [] : [fromOption("--api", "api.listen", options.api)]),
    ...(options.apiTokenFile === undefined
      ? []
      : [fromOption("--api-token-file", "api.tokenFile", options.apiTokenFile)]),
    ...(options.logLevel === undefined ? [] : [fromOption("--log-level", "log.level", options.logLevel)]),
    ...(options.json === true ? [fromOption("--json", "log.format", "json")] : []),
    ...(options.set ?? []).map(readAssignment),
  ];
  return { settings: all.flatMap(({ settings }) => settings), problems: all.flatMap(({ problems }) => problems) };
}

function fromOption(option: string, path: string, text: string): Settings {
  return settingFromText(path, text, { kind: "argument", option });
}

/** Both names may be used at once, and each address may stand in a list with commas. */
function fromListenOptions(listen: readonly string[] = [], rtmp: readonly string[] = []): Settings {
  const split = (texts: readonly string[]): string[] => texts.flatMap((text) => text.split(","));
  const [first, second] = [split(listen), split(rtmp)];
  const originOf = (index: unknown): ConfigOrigin => ({
    kind: "argument",
    option: typeof index === "number" && index >= first.length ? "--rtmp" : "--listen",
  });
  return fromTexts("--listen", "listen", [...first, ...second], ([index]) => originOf(index));
}

/** An option that may be repeated: no item is split. */
function fromTexts(option: string, path: string, value: readonly string[], originOf?: PartOrigins): Settings {
  const key = CONFIG_KEYS.get(path);
  if (key === undefined) throw new Error(`${option} sets no key`);
  return {
    settings: [{ key, value, origin: { kind: "argument", option }, ...(originOf && { originOf }) }],
    problems: [],
  };
}

/** `publish.graceMs=0` */
function readAssignment(assignment: string): Settings {
  const option = `--set ${assignment}`;
  const equals = assignment.indexOf("=");
  if (equals > 0) return fromOption(option, assignment.slice(0, equals).trim(), assignment.slice(equals + 1));
  const example = CONFIG_KEYS.has(assignment) ? `${assignment}=VALUE` : "publish.graceMs=0";
  const message = `a key and a value are wanted, as --set ${example}`;
  return { settings: [], problems: [{ origin: { kind: "argument", option }, key: undefined, message }] };
}

/** Those of the file by line, then the others. */
function inOrder(problems: readonly ConfigProblem[]): ConfigProblem[] {
  const place = ({ origin }: ConfigProblem): readonly [number, number] =>
    origin.kind === "file" ? [origin.line ?? 0, origin.column ?? 0] : [Number.MAX_SAFE_INTEGER, 0];
  return problems.toSorted((left, right) => {
    const [leftLine, leftColumn] = place(left);
    const [rightLine, rightColumn] = place(right);
    return leftLine - rightLine || leftColumn - rightColumn;
  });
}
