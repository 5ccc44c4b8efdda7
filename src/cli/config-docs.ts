import { CONFIG_SECTIONS, type ConfigKey, type ConfigSection } from "../server/config-keys.ts";
import { EXIT_CODE_MEANINGS } from "./exit-codes.ts";

/** The text of docs/config.md, from the schema: a test keeps the file equal to it. */
export function configDocs(): string {
  return `${INTRODUCTION}
${CONFIG_SECTIONS.map(describeSection).join("\n")}
${describeExitCodes()}
${SIGNALS}`;
}

const INTRODUCTION = `# Configuration

<!-- Made from the schema in src/server/config.ts: UPDATE_DOCS=1 node --test src/cli/config-docs.test.ts -->

Nothing must be configured: \`millrace serve\` runs with the defaults below. Each setting is taken from the first of these
that has it:

1. the command line: \`--rtmp\`, \`--log-level\`, \`--json\`, and \`--set KEY=VALUE\` for every key
2. the environment: the key in upper snake case behind \`MILLRACE_\`; lists are separated by commas
3. a YAML or JSON file, named by \`--config\` or \`MILLRACE_CONFIG\`
4. the defaults

\`\`\`yaml
# millrace.yml
rtmp:
  - 1935
  - "[::1]:2935" # quotes, for brackets mean something in YAML
publish:
  busyName: refuse
  graceMs: 20000
\`\`\`

\`\`\`sh
MILLRACE_RTMP=1935,127.0.0.1:2935 MILLRACE_PUBLISH_BUSY_NAME=refuse millrace serve
millrace serve --set publish.busyName=refuse --rtmp 127.0.0.1:2935
\`\`\`

\`millrace serve --check\` checks all sources and starts nothing. A key that does not exist, a value that a key cannot have
and a key that is set twice are errors, told with file, line and column, and with the key that was probably meant:

\`\`\`text
millrace.yml:5:3: unknown key publish.busyNam: did you mean publish.busyName?
\`\`\`

A \`MILLRACE_…\` variable that means no key is only a warning, for others may use the prefix too.

Names that end in \`Ms\` are milliseconds, in \`Bytes\` or \`Size\` bytes. Numbers are written in digits only.

## Keys
`;

function describeSection(section: ConfigSection): string {
  const heading = section.path === "" ? "" : `### \`${section.path}\`\n\n${section.description}\n\n`;
  const rows = section.keys.map(describeKey).join("\n");
  return `${heading}| key, environment | values | default | what it does |\n|---|---|---|---|\n${rows}\n`;
}

function describeKey(key: ConfigKey): string {
  const standard = key.default === undefined ? "the server chooses" : `\`${describeDefault(key.default)}\``;
  return `| \`${key.path}\`<br>\`${key.environment}\` | ${describeValues(key)} | ${standard} | ${key.description} |`;
}

function describeValues(key: ConfigKey): string {
  switch (key.type) {
    case "integer":
      return `${key.minimum} to ${key.maximum}${unitOf(key.path)}`;
    case "choice":
      return key.choices.map((choice) => `\`${choice}\``).join(", ");
    case "list":
      return "list of `[host:]port`";
  }
}

function unitOf(path: string): string {
  if (path.endsWith("Ms")) return " ms";
  return /(?:Bytes|Size)$/.test(path) ? " bytes" : "";
}

function describeDefault(value: unknown): string {
  return Array.isArray(value) ? value.join(", ") : String(value);
}

function describeExitCodes(): string {
  const rows = EXIT_CODE_MEANINGS.map(([code, meaning]) => `| ${code} | ${meaning} |`).join("\n");
  return `## Exit codes\n\n| code | meaning |\n|---|---|\n${rows}\n`;
}

const SIGNALS = `## Signals and output

| signal | what happens |
|---|---|
| TERM, INT (Ctrl+C) | the server takes no more connections, tells viewers, and leaves when all are closed or \`timeouts.drainMs\` is over |
| the same again | it ends at once |
| HUP | nothing: to read the configuration again, restart |

Standard output has what the command was asked for: the URLs at the start, or one JSON object with \`--json\`. The log goes to
standard error: lines for people on a terminal, else one JSON object a line. \`NO_COLOR\` is honoured.
`;
