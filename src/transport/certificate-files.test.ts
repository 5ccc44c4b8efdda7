import { equal, match, rejects } from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { createAuthority, createCertificate } from "../../test/support/certificates.ts";
import { temporaryFolder } from "../../test/support/temporary-folder.ts";
import { type CertificateFiles, loadTlsIdentity } from "./certificate-files.ts";

const DAY_MS = 24 * 60 * 60 * 1000;

/** Writes the texts into files of a new folder. */
function files(context: TestContext, certificate: string, key?: string): CertificateFiles {
  const folder = temporaryFolder(context);
  const certificateFile = join(folder, "certificate.pem");
  const keyFile = join(folder, "key.pem");
  writeFileSync(certificateFile, certificate);
  if (key === undefined) return { certificateFile };
  writeFileSync(keyFile, key);
  return { certificateFile, keyFile };
}

test("a pair is taken from two files, or from one in any order, with its chain", async (context) => {
  const authority = await createAuthority();
  const { cert, key } = await createCertificate(["live.example"], { authority });
  for (const pair of [
    files(context, cert, key),
    files(context, `${cert}\n${key}`),
    files(context, `${key}\n${cert}`),
    files(context, `${cert}\n${authority.cert}`, key),
    files(context, `Comments may stand in front.\n${cert}`, key),
  ]) {
    const identity = await loadTlsIdentity(pair, {});
    equal(identity.certificateFile, pair.certificateFile);
    equal(identity.certificate.subjectAltName, "DNS:live.example");
  }
});

test("each bad file is named, with what is wrong and what to do", async (context) => {
  const { cert, key } = await createCertificate(["live.example"]);
  const other = await createCertificate(["live.example"]);
  const { privateKey } = generateKeyPairSync("ec", {
    namedCurve: "P-256",
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: { type: "pkcs8", format: "pem", cipher: "aes-256-cbc", passphrase: "secret" },
  });
  for (const [pair, words] of [
    [
      { certificateFile: "/nowhere/at/all.pem" },
      /cannot read the certificate in \/nowhere\/at\/all\.pem: there is no such/,
    ],
    [
      { ...files(context, cert), keyFile: "/nowhere/key.pem" },
      /cannot read the private key in \/nowhere\/key\.pem: there is no such file\. Check the path/,
    ],
    [files(context, "", key), /certificate\.pem: it holds no certificate in PEM form/],
    [files(context, key), /certificate\.pem: it holds no certificate in PEM form/],
    [files(context, cert), /certificate\.pem: it holds no private key .* set keyFile/],
    [files(context, cert, "no key"), /key\.pem: it holds no private key/],
    [files(context, cert, privateKey), /key\.pem: it holds no private key .* without a passphrase/],
    [
      files(context, cert, other.key),
      /key in .*key\.pem does not belong to the certificate in .*certificate\.pem: give/,
    ],
  ] as const) {
    await rejects(loadTlsIdentity(pair, {}), words);
  }
});

test("a folder in place of a file is told", async (context) => {
  const folder = temporaryFolder(context);
  mkdirSync(join(folder, "certificate.pem"));
  await rejects(loadTlsIdentity({ certificateFile: join(folder, "certificate.pem") }, {}), /it is a folder/);
});

test("a certificate that has ended, or has not begun, is not used", async (context) => {
  const nowMs = Date.now();
  const ended = await createCertificate(["live.example"], {
    notBefore: new Date(nowMs - 2 * DAY_MS),
    notAfter: new Date(nowMs - DAY_MS),
  });
  await rejects(
    loadTlsIdentity(files(context, ended.cert, ended.key), {}),
    /certificate\.pem ended on \d{4}-.*: renew it/,
  );
  const early = await createCertificate(["live.example"], { notBefore: new Date(nowMs + DAY_MS) });
  await rejects(
    loadTlsIdentity(files(context, early.cert, early.key), {}),
    /begins only on .*: check this machine's clock/,
  );
});

test("what OpenSSL refuses is told in its words", async (context) => {
  const { cert, key } = await createCertificate(["live.example"]);
  const refused = loadTlsIdentity(files(context, cert, key), { ciphers: "NO-SUCH-CIPHER" });
  await rejects(refused, (error: Error) => {
    match(error.message, /certificate\.pem cannot be used: .*cipher/i);
    return error.cause instanceof Error;
  });
});
