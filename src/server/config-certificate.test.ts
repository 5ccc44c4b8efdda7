import { deepEqual } from "node:assert/strict";
import { test } from "node:test";
import { parseCertificateFiles } from "./config-certificate.ts";
import type { ValueProblem } from "./config-value.ts";

function parse(value: unknown): readonly unknown[] {
  const problems: ValueProblem[] = [];
  const files = parseCertificateFiles(value, (problem) => problems.push(problem));
  return [files, ...problems];
}

const GOOD: readonly (readonly [unknown, string, string?])[] = [
  ["live.pem", "live.pem"],
  [" live.pem:live-key.pem ", "live.pem", "live-key.pem"],
  ["/etc/a b/live.pem:../live-key.pem", "/etc/a b/live.pem", "../live-key.pem"],
  ["C:\\tls\\live.pem", "C:\\tls\\live.pem"],
  ["c:/tls/live.pem:d:\\tls\\key.pem", "c:/tls/live.pem", "d:\\tls\\key.pem"],
  ["live.pem:C:\\tls\\key.pem", "live.pem", "C:\\tls\\key.pem"],
  ["C:\\tls\\live.pem:key.pem", "C:\\tls\\live.pem", "key.pem"],
  [{ certificateFile: "a:b.pem" }, "a:b.pem"],
  [{ certificateFile: "live.pem", keyFile: "key.pem" }, "live.pem", "key.pem"],
];

for (const [value, certificateFile, keyFile] of GOOD) {
  test(`${JSON.stringify(value)} is a certificate`, () => {
    deepEqual(parse(value), [keyFile === undefined ? { certificateFile } : { certificateFile, keyFile }]);
  });
}

const PEM = "must be the path of a PEM file";

const MEMBERS = "there are certificateFile, keyFile";

const WRONG: readonly (readonly [unknown, ValueProblem])[] = [
  ["", {}],
  [":", {}],
  ["live.pem:", {}],
  [":key.pem", {}],
  ["a.pem:b.pem:c.pem", {}],
  [5, {}],
  [null, {}],
  [{}, { path: ["certificateFile"], reason: PEM }],
  [{ certificateFile: 1 }, { path: ["certificateFile"], reason: PEM }],
  [
    { certificateFile: "live.pem", keyFile: "" },
    { path: ["keyFile"], reason: PEM },
  ],
  [{ certificate: "live.pem" }, { path: ["certificate"], reason: MEMBERS, isUnknownMember: true }],
  [
    { certificateFile: "live.pem", key: "key.pem" },
    { path: ["key"], reason: MEMBERS, isUnknownMember: true },
  ],
];

for (const [value, problem] of WRONG) {
  test(`${JSON.stringify(value)} is no certificate`, () => deepEqual(parse(value), [undefined, problem]));
}
