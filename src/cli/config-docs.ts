import { CONFIG_SECTIONS, type ConfigKey, type ConfigSection } from "../server/config-keys.ts";
import { EXIT_CODE_MEANINGS } from "./exit-codes.ts";

/** The text of docs/config.md, from the schema: a test keeps the file equal to it. */
export function configDocs(): string {
  return `${INTRODUCTION}
${CONFIG_SECTIONS.map(describeSection).join("\n")}
${LISTENERS}
${describeExitCodes()}
${SIGNALS}`;
}

const INTRODUCTION = `# Configuration

<!-- Made from the schema in src/server/config.ts: UPDATE_DOCS=1 node --test src/cli/config-docs.test.ts -->

Nothing must be configured: \`millrace serve\` runs with the defaults below. Each setting is taken from the first of these
that has it:

1. the command line: \`--listen\`, \`--tls\`, \`--tls-self-signed\`, \`--workers\`, \`--api\`, \`--api-token-file\`, \`--log-level\`, \`--json\`, and \`--set KEY=VALUE\` for every key
2. the environment: the key in upper snake case behind \`MILLRACE_\`; lists are separated by commas
3. a YAML or JSON file, named by \`--config\` or \`MILLRACE_CONFIG\`
4. the defaults

\`\`\`yaml
# millrace.yml
listen:
  - 1935
  - "[::1]:2935" # quotes, for brackets mean something in YAML
publish:
  busyName: refuse
  graceMs: 20000
\`\`\`

\`\`\`sh
MILLRACE_LISTEN=1935,127.0.0.1:2935 MILLRACE_PUBLISH_BUSY_NAME=refuse millrace serve
millrace serve --set publish.busyName=refuse --listen 127.0.0.1:2935
\`\`\`

\`millrace serve --check\` checks all sources and starts nothing. A key that does not exist, a value that a key cannot have
and a key that is set twice are errors, told with file, line and column, and with the key that was probably meant. So are
a file that cannot be read, and a listener that is to take TLS where there is no certificate.

\`\`\`text
millrace.yml:5:3: unknown key publish.busyNam: did you mean publish.busyName?
\`\`\`

A \`MILLRACE_…\` variable that means no key is only a warning, for others may use the prefix too.

Relative paths in a configuration file begin at the folder of that file, all others where the command runs.

Names that end in \`Ms\` are milliseconds, in \`Bytes\` or \`Size\` bytes. Numbers are written in digits only.

## Keys
`;

function describeSection(section: ConfigSection): string {
  const heading = section.path === "" ? "" : `### \`${section.path}\`\n\n${section.description}\n\n`;
  const rows = section.keys.map(describeKey).join("\n");
  return `${heading}| key, environment | values | default | what it does |\n|---|---|---|---|\n${rows}\n`;
}

function describeKey(key: ConfigKey): string {
  const { path, environment, description } = key;
  return `| \`${path}\`<br>\`${environment}\` | ${describeValues(key)} | ${describeDefault(key)} | ${description} |`;
}

function describeValues(key: ConfigKey): string {
  switch (key.type) {
    case "integer":
      return [`${key.minimum} to ${key.maximum}${unitOf(key.path)}`, ...key.choices.map(asCode)].join(", ");
    case "choice":
      return key.choices.map(asCode).join(", ");
    case "text":
      return formOf(key);
    case "list":
      return `list of ${formOf(key)}`;
  }
}

function asCode(word: string): string {
  return `\`${word}\``;
}

/** Words stand as they are. */
function formOf({ form }: ConfigKey): string {
  return form.includes(" ") ? form : `\`${form}\``;
}

function unitOf(path: string): string {
  if (path.endsWith("Ms")) return " ms";
  return /(?:Bytes|Size)$/.test(path) ? " bytes" : "";
}

function describeDefault(key: ConfigKey): string {
  const value = key.default;
  if (value === undefined) return key.type === "text" ? "none" : "the server chooses";
  const text = Array.isArray(value) ? value.join(", ") : String(value);
  return text === "" ? "none" : `\`${text}\``;
}

function describeExitCodes(): string {
  const rows = EXIT_CODE_MEANINGS.map(([code, meaning]) => `| ${code} | ${meaning} |`).join("\n");
  return `## Exit codes\n\n| code | meaning |\n|---|---|\n${rows}\n`;
}

const LISTENERS = `## Listeners

\`listen\` is a list; each item is a place where connections are taken. As text, it is

\`\`\`text
[way[+way…]://][host:]port[?proxy=ADDRESS_OR_NETWORK][&forwarded=ADDRESS_OR_NETWORK]…
\`\`\`

- **Ways** are the schemes of URLs: \`rtmp\`, \`rtmps\`, \`rtmpe\`, \`rtmpt\`, \`rtmpts\`, \`rtmpte\`, \`ws\` and \`wss\` for RTMP; \`http\` and
  \`https\` for FLV and HLS, and for FLV in WebSockets. One port takes them all, and does unless ways are named. \`rtmps\`,
  \`rtmpts\`, \`wss\` and \`https\` need a certificate, see [\`tls\`](#tls): without one they are missing, and it is an error to
  name them.
- **Host**: without it, every address of the machine, by IPv4 and IPv6. **Port** 0 is one that the system chooses.
- \`proxy\`: load balancers at these addresses begin each connection with a PROXY protocol header (version 1 or 2) that names
  the client. \`forwarded\`: HTTP proxies at these addresses name the client in \`X-Forwarded-For\`. Both may be repeated, and
  nobody else is believed.

In a file, an item may be an object too. Here are RTMP on its usual port, RTMPS and secure WebSockets on that of HTTPS, and a
port for what HAProxy hands on with \`send-proxy-v2\`:

\`\`\`yaml
listen:
  - rtmp://:1935
  - rtmps+wss://:443
  - address: 10.0.0.5:2935
    accept: [rtmp, rtmpt, ws]
    proxyProtocolFrom: [10.0.0.2, 10.0.1.0/24]
    forwardedFrom: [10.0.0.2]
tls:
  certificates:
    - live.pem:live-key.pem
    - certificateFile: /etc/letsencrypt/live/example.org/fullchain.pem
      keyFile: /etc/letsencrypt/live/example.org/privkey.pem
\`\`\`

The same listeners on the command line, with a certificate that is made at the first start:

\`\`\`sh
millrace serve --listen rtmp://:1935 --listen rtmps+wss://:443 --listen 'rtmp+rtmpt+ws://10.0.0.5:2935?proxy=10.0.0.2&proxy=10.0.1.0/24&forwarded=10.0.0.2' --tls-self-signed certificates
\`\`\`

\`rtmp\`, \`--rtmp\` and \`MILLRACE_RTMP\` are the older names of \`listen\`, \`--listen\` and \`MILLRACE_LISTEN\`, and mean the same.
`;

const SIGNALS = `## Signals and output

| signal | what happens |
|---|---|
| TERM, INT (Ctrl+C) | the server takes no more connections, tells viewers, and leaves when all are closed or \`timeouts.drainMs\` is over |
| the same again | it ends at once |
| HUP | the certificates and the token of the API are read again; connections that stand stay. To read the configuration again, restart |

Standard output has what the command was asked for: the URLs at the start, or one JSON object with \`--json\`. The log goes to
standard error: lines for people on a terminal, else one JSON object a line. \`NO_COLOR\` is honoured.
`;
