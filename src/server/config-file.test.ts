import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { readConfigFile } from "./config-file.ts";
import { describeConfigProblem } from "./config-problem.ts";
import { resolveConfig } from "./config-settings.ts";

function problemsOf(text: string): string[] {
  const { settings, problems } = readConfigFile(text, "millrace.yml");
  return [...problems, ...resolveConfig(settings).problems].map(describeConfigProblem);
}

test("a file sets what it names, and the rest keeps its defaults", () => {
  const { settings, problems } = readConfigFile(
    `# a comment
rtmp: [1935, 127.0.0.1:2935, "[::1]:3935"]
publish:
  busyName: refuse
  graceMs: 0
log:
`,
    "millrace.yml",
  );
  deepEqual(problems, []);
  const { config } = resolveConfig(settings);
  deepEqual(config.rtmp, [
    { host: "::", port: 1935 },
    { host: "127.0.0.1", port: 2935 },
    { host: "::1", port: 3935 },
  ]);
  deepEqual(config.publish, { busyName: "refuse", staleAfterMs: 5000, graceMs: 0 });
  equal(config.chunkSize, undefined);
});

test("JSON is read too, one value stands for a list of one, and a key may be written with a dot", () => {
  const { settings, problems } = readConfigFile(`{"rtmp": ":2935", "publish.graceMs": 1}`, "millrace.json");
  deepEqual(problems, []);
  const { config } = resolveConfig(settings);
  deepEqual(config.rtmp, [{ host: "::", port: 2935 }]);
  equal(config.publish.graceMs, 1);
});

test("an alias stands for the value of its anchor", () => {
  const { settings } = readConfigFile("timeouts: {handshakeMs: &short 500, connectMs: *short}", "millrace.yml");
  equal(resolveConfig(settings).config.timeouts.connectMs, 500);
});

for (const text of ["", "# nothing but a comment\n", "---\n", "publish:\n"]) {
  test(`${JSON.stringify(text)} sets nothing`, () => {
    deepEqual(readConfigFile(text, "millrace.yml"), { settings: [], problems: [] });
  });
}

const WRONG: readonly (readonly [string, string, readonly string[]])[] = [
  [
    "an unknown key",
    "publish:\n  busyNam: refuse\n",
    ["millrace.yml:2:3: unknown key publish.busyNam: did you mean publish.busyName?"],
  ],
  [
    "a key in the wrong section",
    "log:\n  level: warn\nbusyName: refuse\n",
    ["millrace.yml:3:1: unknown key busyName: did you mean publish.busyName?"],
  ],
  [
    "a key in another spelling",
    "limits: {max_net_streams: 4}\n",
    ["millrace.yml:1:10: unknown key limits.max_net_streams: did you mean limits.maxNetStreams?"],
  ],
  ["a key like no other", "dashboard: 1\n", ["millrace.yml:1:1: unknown key dashboard: docs/config.md lists all keys"]],
  [
    "a wrong choice",
    "publish:\n  busyName: refus\n",
    [
      'millrace.yml:2:13: publish.busyName is "refus", but must be refuse, takeover or takeover-when-stale; did you mean refuse?',
    ],
  ],
  [
    "a number that is none",
    "publish:\n  graceMs: 10 s\n",
    ['millrace.yml:2:12: publish.graceMs is "10 s", but must be a whole number from 0 to 2147483647'],
  ],
  [
    "a number out of range",
    "limits:\n  maxMessageBytes: 16777217\n",
    ["millrace.yml:2:20: limits.maxMessageBytes is 16777217, but must be a whole number from 4096 to 16777216"],
  ],
  [
    "a wrong item of a list, at its own line",
    "rtmp:\n  - 1935\n  - here\n",
    [
      "millrace.yml:3:5: rtmp is \"here\", but must be [host:]port, as 1935, 127.0.0.1:1935 or '[::1]:1935', or a list of these",
    ],
  ],
  [
    "an empty list",
    "rtmp: []\n",
    [
      "millrace.yml:1:7: rtmp is [], but must be [host:]port, as 1935, 127.0.0.1:1935 or '[::1]:1935', or a list of these",
    ],
  ],
  [
    "a key without a value",
    "timeouts:\n  drainMs:\n",
    ["millrace.yml:2:11: timeouts.drainMs is empty, but must be a whole number from 0 to 2147483647"],
  ],
  [
    "a key twice",
    "publish:\n  graceMs: 1\n  graceMs: 2\n",
    ["millrace.yml:3:3: publish.graceMs is set twice: line 2 sets it already"],
  ],
  [
    "a key twice in two forms",
    "publish: {graceMs: 1}\npublish.graceMs: 2\n",
    ["millrace.yml:2:1: publish.graceMs is set twice: line 1 sets it already"],
  ],
  ["a section twice", "log: {}\nlog: {}\n", ["millrace.yml:2:1: log is set twice: line 1 sets it already"]],
  ["a section that is a value", "log: info\n", ["millrace.yml:1:1: log must hold keys: level, format"]],
  ["a list instead of keys", "- 1935\n", ["millrace.yml:1:1: the file must hold keys and values, as rtmp: 1935"]],
  [
    "brackets without quotes",
    "rtmp:\n  - [::1]:1935\n",
    ["millrace.yml:2:10: this is no YAML: unexpected scalar at node end (put quotes around [host]:port)"],
  ],
  ["a tab", "publish:\n\tgraceMs: 1\n", ["millrace.yml:2:1: this is no YAML: tabs are not allowed as indentation"]],
];

for (const [name, text, expected] of WRONG) {
  test(`${name} is an error with its place`, () => deepEqual(problemsOf(text), expected));
}

test("all problems of a file are told at once", () => {
  equal(problemsOf("rtmpp: 1\nlog: {level: loud}\npublish: {busy: refuse}\n").length, 3);
});
