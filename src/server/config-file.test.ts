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
listen: [1935, 127.0.0.1:2935, "[::1]:3935"]
publish:
  busyName: refuse
  graceMs: 0
log:
`,
    "millrace.yml",
  );
  deepEqual(problems, []);
  const { config } = resolveConfig(settings);
  deepEqual(config.listen, [
    { host: "::", port: 1935 },
    { host: "127.0.0.1", port: 2935 },
    { host: "::1", port: 3935 },
  ]);
  deepEqual(config.publish, { busyName: "refuse", staleAfterMs: 5000, graceMs: 0, unwatchedReadMs: 100 });
  equal(config.chunkSize, undefined);
});

test("JSON is read too, one value stands for a list of one, and a key may be written with a dot", () => {
  const { settings, problems } = readConfigFile(`{"listen": ":2935", "publish.graceMs": 1}`, "millrace.json");
  deepEqual(problems, []);
  const { config } = resolveConfig(settings);
  deepEqual(config.listen, [{ host: "::", port: 2935 }]);
  equal(config.publish.graceMs, 1);
});

test("lists hold text and objects, and what YAML takes for numbers", () => {
  const { settings, problems } = readConfigFile(
    `listen:
  - rtmps+wss://:443
  - {address: 1935, accept: [rtmp], proxyProtocolFrom: &balancers [10.0.0.2, 10.1.0.0/16], forwardedFrom: *balancers}
tls: {certificates: live.pem:key.pem, selfSignedFolder: /var/lib/millrace, minVersion: TLSv1.3}
rtmpe: {type: 8}
swfVerification: {allowed: [player.swf, '${"0a".repeat(32)}:99']}
`,
    "/etc/millrace/millrace.yml",
  );
  deepEqual(problems, []);
  const { config, problems: more } = resolveConfig(settings);
  deepEqual(more, []);
  const balancers = ["10.0.0.2", "10.1.0.0/16"];
  deepEqual(config.listen, [
    { host: "::", port: 443, accept: ["rtmps", "wss"] },
    { host: "::", port: 1935, accept: ["rtmp"], proxyProtocolFrom: balancers, forwardedFrom: balancers },
  ]);
  deepEqual(config.tls, {
    certificates: [{ certificateFile: "/etc/millrace/live.pem", keyFile: "/etc/millrace/key.pem" }],
    selfSignedFolder: "/var/lib/millrace",
    minVersion: "TLSv1.3",
    maxVersion: "TLSv1.3",
  });
  deepEqual(config.rtmpe, { type: "8" });
  deepEqual(config.swfVerification, {
    allowed: [{ file: "/etc/millrace/player.swf" }, { hash: "0a".repeat(32), byteLength: 99 }],
  });
});

test("rtmp is the older name of listen", () => {
  deepEqual(resolveConfig(readConfigFile("rtmp: [1935, 2935]", "m.yml").settings).config.listen, [
    { host: "::", port: 1935 },
    { host: "::", port: 2935 },
  ]);
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
    "listen:\n  - 1935\n  - here\n",
    [
      "millrace.yml:3:5: listen is \"here\", but must be [way://][host:]port, as 1935, '[::1]:1935' or rtmps://:443, or a list of these",
    ],
  ],
  [
    "an empty list",
    "listen: []\n",
    [
      "millrace.yml:1:9: listen is [], but must be [way://][host:]port, as 1935, '[::1]:1935' or rtmps://:443, or a list of these",
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
  [
    "a group in a section that is a value",
    "http:\n  flv: on\n",
    ["millrace.yml:2:3: http.flv must hold keys: enabled, publish, waitMs"],
  ],
  ["a list instead of keys", "- 1935\n", ["millrace.yml:1:1: the file must hold keys and values, as listen: 1935"]],
  [
    "brackets without quotes",
    "listen:\n  - [::1]:1935\n",
    ["millrace.yml:2:10: this is no YAML: unexpected scalar at node end (put quotes around [host]:port)"],
  ],
  [
    "an unknown way, at its own line, with the nearest one",
    "listen:\n  - 1935\n  - rmtps://:443\n",
    ['millrace.yml:3:5: listen is "rmtps://:443", but there is no way "rmtps": did you mean rtmps?'],
  ],
  [
    "an unknown way in an object, at its own line",
    "listen:\n  - address: 443\n    accept:\n      - rtmps\n      - wsss\n",
    ['millrace.yml:5:9: listen.accept is "wsss", but there is no way "wsss": did you mean wss?'],
  ],
  [
    "an unknown member of an object, at its name",
    "listen: {address: 443, acept: [rtmps]}\n",
    ["millrace.yml:1:24: unknown key listen.acept: did you mean accept?"],
  ],
  [
    "a member of an object twice",
    "listen:\n  - address: 443\n    address: 444\n",
    ["millrace.yml:3:5: listen.address is set twice"],
  ],
  [
    "a network that is none, behind an alias",
    "listen:\n  - {address: 1, proxyProtocolFrom: &lb [10.0.0.300]}\n",
    [
      'millrace.yml:2:42: listen.proxyProtocolFrom is "10.0.0.300", but "10.0.0.300" is no address or network, as 192.0.2.7, 10.0.0.0/8 or 2001:db8::/32',
    ],
  ],
  [
    "two listeners in one place",
    "listen:\n  - rtmp://h:1935\n  - 1935\n  - rtmps://H:1935\n  - 0\n  - 0\n",
    ['millrace.yml:4:5: listen is "rtmps://H:1935", but another listener has this host and port'],
  ],
  [
    "a certificate without its file",
    "tls:\n  certificates:\n    - keyFile: key.pem\n",
    ["millrace.yml:3:7: tls.certificates.certificateFile is empty, but must be the path of a PEM file"],
  ],
  [
    "a hash that is too short",
    "swfVerification.allowed: ['abc:5']\n",
    [
      'millrace.yml:1:27: swfVerification.allowed is "abc:5", but must be SHA256HEX:SIZE or the path of a .swf file, as player.swf, or a list of these',
    ],
  ],
  [
    "a folder that is a number",
    "tls: {selfSignedFolder: 5}\n",
    ["millrace.yml:1:25: tls.selfSignedFolder is 5, but must be the path of a folder"],
  ],
  [
    "a choice of numbers",
    "rtmpe: {type: 7}\n",
    ['millrace.yml:1:15: rtmpe.type is "7", but must be 6, 8, 9 or as-asked'],
  ],
  [
    "a key and its older name",
    "rtmp: 1935\nlisten: 1936\n",
    ["millrace.yml:1:7: rtmp is the older name of listen: set one of them"],
  ],
  ["a tab", "publish:\n\tgraceMs: 1\n", ["millrace.yml:2:1: this is no YAML: tabs are not allowed as indentation"]],
];

for (const [name, text, expected] of WRONG) {
  test(`${name} is an error with its place`, () => deepEqual(problemsOf(text), expected));
}

test("all problems of a file are told at once", () => {
  equal(problemsOf("rtmpp: 1\nlog: {level: loud}\npublish: {busy: refuse}\n").length, 3);
});
