import { equal, match, notEqual, ok, rejects } from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { createCertificate } from "../../test/support/certificates.ts";
import { temporaryFolder } from "../../test/support/temporary-folder.ts";
import { loadTlsIdentity } from "./certificate-files.ts";
import { selfSignedCertificate } from "./self-signed-certificate.ts";

const DAY_MS = 24 * 60 * 60 * 1000;

/** A folder whose certificate ends after so many days. */
async function folderWith(context: TestContext, days: number): Promise<string> {
  const folder = temporaryFolder(context);
  const { cert, key } = await createCertificate(["old.example"], {
    notBefore: new Date(Date.now() - 400 * DAY_MS),
    notAfter: new Date(Date.now() + days * DAY_MS),
  });
  writeFileSync(join(folder, "self-signed-certificate.pem"), cert);
  writeFileSync(join(folder, "self-signed-key.pem"), key);
  return folder;
}

test("a certificate is made for this machine, for years, with a key that only its owner reads", async (context) => {
  const folder = join(temporaryFolder(context), "not", "there", "yet");
  const files = await selfSignedCertificate(folder);
  const { certificate } = await loadTlsIdentity(files, {});
  for (const name of ["localhost", hostname()]) notEqual(certificate.checkHost(name), undefined, name);
  for (const address of ["127.0.0.1", "::1"]) notEqual(certificate.checkIP(address), undefined, address);
  ok(certificate.checkIssued(certificate));
  ok(certificate.ca, "a client may be given it as an authority");
  ok(certificate.validToDate.getTime() - Date.now() > 3600 * DAY_MS);
  equal(statSync(files.keyFile ?? "").mode & 0o777, 0o600);
  equal(readdirSync(folder).length, 2, "nothing unfinished is left");
});

test("the next start uses the same", async (context) => {
  const folder = temporaryFolder(context);
  const { certificateFile } = await selfSignedCertificate(folder);
  const before = readFileSync(certificateFile, "utf8");
  await selfSignedCertificate(folder);
  equal(readFileSync(certificateFile, "utf8"), before);
});

test("one that has ended, or ends within 30 days, is made anew; one that lasts longer stays", async (context) => {
  for (const [days, isRemade] of [
    [-1, true],
    [29.9, true],
    [30.1, false],
  ] as const) {
    const { certificateFile } = await selfSignedCertificate(await folderWith(context, days));
    const { subjectAltName = "" } = new X509Certificate(readFileSync(certificateFile));
    equal(subjectAltName.includes("localhost"), isRemade, `${days} days`);
  }
});

test("what somebody else has put there is not overwritten", async (context) => {
  const folder = temporaryFolder(context);
  const file = join(folder, "self-signed-certificate.pem");
  writeFileSync(file, "not what it was");
  writeFileSync(join(folder, "self-signed-key.pem"), "nor this");
  const files = await selfSignedCertificate(folder);
  await rejects(loadTlsIdentity(files, {}), /self-signed-certificate\.pem: it holds no certificate/);
  equal(readFileSync(file, "utf8"), "not what it was");
});

test("a folder that cannot be made is an error that says what to do", async (context) => {
  const file = join(temporaryFolder(context), "file");
  writeFileSync(file, "");
  await rejects(selfSignedCertificate(join(file, "folder")), (error: Error) => {
    match(error.message, /cannot keep a self-signed certificate in .*: .* Let this user write there, or choose/);
    return true;
  });
});
