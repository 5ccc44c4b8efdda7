import { deepEqual } from "node:assert/strict";
import { test } from "node:test";
import type { TlsIdentitySummary } from "../transport/tls-identities.ts";
import { noteCertificates } from "./certificate-notes.ts";

const DAY_MS = 24 * 60 * 60 * 1000;
const NOW_MS = Date.UTC(2026, 10, 20);

function summary(days: number, isSelfSigned = false): TlsIdentitySummary {
  return {
    certificateFile: `${days}.pem`,
    names: "DNS:live.example",
    validTo: new Date(NOW_MS + days * DAY_MS),
    sha256Fingerprint: "AA:BB",
    isSelfSigned,
  };
}

function notes(occasion: "load" | "day", ...summaries: readonly TlsIdentitySummary[]): string[] {
  const lines: string[] = [];
  const write =
    (level: string) =>
    (details: object, message: string): void => {
      const file = "certificateFile" in details ? details.certificateFile : "";
      const fingerprint = "sha256Fingerprint" in details ? ` ${details.sha256Fingerprint}` : "";
      lines.push(`${level} ${file}${fingerprint} ${message}`);
    };
  const log = { debug: write("debug"), info: write("info"), warn: write("warn"), error: write("error") };
  noteCertificates(summaries, log, occasion);
  return lines;
}

test("a self-signed certificate is told with its fingerprint when it is loaded", (context) => {
  context.mock.timers.enable({ apis: ["Date"], now: NOW_MS });
  deepEqual(notes("load", summary(100, true), summary(101)), [
    "info 100.pem AA:BB a self-signed certificate is in use: clients must be given it, or told not to verify",
    "debug 101.pem AA:BB a certificate is in use",
  ]);
});

test("one that ends within 14 days is warned of when it is loaded, and again every day", (context) => {
  context.mock.timers.enable({ apis: ["Date"], now: NOW_MS });
  const all = [summary(14.01), summary(14), summary(0.5), summary(0)];
  const warnings = [
    "warn 14.pem a certificate ends in 14 days: renew it, and have it read again",
    "warn 0.5.pem a certificate ends in 1 days: renew it, and have it read again",
    "warn 0.pem a certificate has ended: clients refuse it. Renew it, and have it read again",
  ];
  deepEqual(notes("day", ...all), warnings);
  deepEqual(
    notes("load", ...all).filter((line) => line.startsWith("warn")),
    warnings,
  );
});
