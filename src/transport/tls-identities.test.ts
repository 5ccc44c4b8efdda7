import { equal, match, notEqual, rejects } from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { createCertificate } from "../../test/support/certificates.ts";
import { temporaryFolder } from "../../test/support/temporary-folder.ts";
import type { CertificateFiles } from "./certificate-files.ts";
import { TlsIdentities } from "./tls-identities.ts";

/** Writes a new pair for these names. */
async function pair(folder: string, ...names: readonly string[]): Promise<CertificateFiles> {
  const file = join(folder, `${(names[0] ?? "").replaceAll("*", "any")}.pem`);
  const { cert, key } = await createCertificate(names);
  writeFileSync(file, `${cert}\n${key}`);
  return { certificateFile: file };
}

async function load(context: TestContext, ...certificates: readonly (readonly string[])[]): Promise<TlsIdentities> {
  const folder = temporaryFolder(context);
  return TlsIdentities.load({ certificates: await Promise.all(certificates.map((names) => pair(folder, ...names))) });
}

test("a client gets the certificate of exactly its name, else of a wildcard, else the first", async (context) => {
  const identities = await load(
    context,
    ["first.example"],
    ["*.example.org", "example.org"],
    ["live.example.org", "192.0.2.7"],
    ["live.example.org"],
  );
  const [first, wildcard, exact] = [undefined, "www.example.org", "live.example.org"].map((name) =>
    identities.contextFor(name),
  );
  notEqual(first, wildcard);
  notEqual(wildcard, exact);
  for (const [name, expected] of [
    ["first.example", first],
    ["LIVE.Example.org", exact],
    ["example.org", wildcard],
    ["a.b.example.org", first],
    ["unknown.example", first],
    ["192.0.2.7", first],
    ["", first],
    [".", first],
    [".example.org", first],
    ["*.example.org", wildcard],
    ["live.example.org\0.evil.example", first],
    ["x".repeat(10_000), first],
  ] as const) {
    equal(identities.contextFor(name), expected, name.slice(0, 40));
  }
});

test("reading again takes over what the files hold now, and all or nothing", async (context) => {
  const folder = temporaryFolder(context);
  const certificates = [await pair(folder, "a.example"), await pair(folder, "b.example")];
  const identities = await TlsIdentities.load({ certificates });
  const before = identities.summaries.map(({ sha256Fingerprint }) => sha256Fingerprint);
  await pair(folder, "a.example");
  const [, second] = certificates;
  writeFileSync(second?.certificateFile ?? "", "no PEM");
  await rejects(identities.reload(), /b\.example\.pem: it holds no certificate in PEM form/);
  equal(identities.summaries.map(({ sha256Fingerprint }) => sha256Fingerprint).join(), before.join());
  await pair(folder, "b.example");
  await identities.reload();
  identities.summaries.forEach(({ sha256Fingerprint }, index) => {
    notEqual(sha256Fingerprint, before[index]);
  });
});

test("a summary says what an operator wants to know", async (context) => {
  const identities = await load(context, ["live.example", "192.0.2.7"]);
  const [summary] = identities.summaries;
  match(summary?.certificateFile ?? "", /live\.example\.pem$/);
  equal(summary?.names, "DNS:live.example, IP Address:192.0.2.7");
  equal(summary?.isSelfSigned, true);
  match(summary?.sha256Fingerprint ?? "", /^([0-9A-F]{2}:){31}[0-9A-F]{2}$/);
});

test("an oldest version that is newer than the newest is an error that names both", async (context) => {
  const options = { selfSignedFolder: temporaryFolder(context), minVersion: "TLSv1.3", maxVersion: "TLSv1.2" } as const;
  await rejects(TlsIdentities.load(options), /tls\.minVersion is TLSv1\.3, newer than tls\.maxVersion, TLSv1\.2/);
});

test("TLS without any certificate is an error that says what to do", async () => {
  await rejects(TlsIdentities.load({}), /set tls\.certificates or tls\.selfSignedFolder, or leave tls out/);
});
