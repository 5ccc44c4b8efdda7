import { writeFileSync } from "node:fs";
import { isIP } from "node:net";
import { join } from "node:path";
import { generate } from "selfsigned";
import type { CleanUp } from "./peer-process.ts";
import { temporaryFolder } from "./temporary-folder.ts";

/** As PEM text. */
export type Certificate = { readonly key: string; readonly cert: string };

export type CertificateOptions = {
  /** Who signs it. @default itself */
  readonly authority?: Certificate;
  readonly notBefore?: Date;
  readonly notAfter?: Date;
};

/** A certificate for these names and addresses. */
export async function createCertificate(
  names: readonly string[],
  { authority, notBefore, notAfter }: CertificateOptions = {},
): Promise<Certificate> {
  const altNames = names.map((name) =>
    isIP(name) === 0 ? ({ type: 2, value: name } as const) : ({ type: 7, ip: name } as const),
  );
  const { private: key, cert } = await generate([{ name: "commonName", value: names[0] ?? "nobody" }], {
    keyType: "ec",
    algorithm: "sha256",
    extensions: [{ name: "subjectAltName", altNames }],
    ...(authority !== undefined && { ca: authority }),
    ...(notBefore !== undefined && { notBeforeDate: notBefore }),
    ...(notAfter !== undefined && { notAfterDate: notAfter }),
  });
  return { key: `${key.trim()}\n`, cert: `${cert.trim()}\n` };
}

/** An authority of the test's own: only who is told of it trusts it. */
export async function createAuthority(): Promise<Certificate> {
  const { private: key, cert } = await generate([{ name: "commonName", value: "Test Authority" }], {
    keyType: "ec",
    algorithm: "sha256",
    extensions: [
      { name: "basicConstraints", cA: true, critical: true },
      { name: "keyUsage", keyCertSign: true, cRLSign: true, critical: true },
    ],
  });
  return { key: `${key.trim()}\n`, cert: `${cert.trim()}\n` };
}

/** A certificate for this machine with its key, and the authority that signed it, as PEM files. */
export async function writeLocalCertificate(
  owner: CleanUp,
): Promise<{ readonly certificateFile: string; readonly caFile: string }> {
  const folder = temporaryFolder(owner);
  const authority = await createAuthority();
  const { cert, key } = await createCertificate(["localhost", "127.0.0.1"], { authority });
  const files = { certificateFile: join(folder, "server.pem"), caFile: join(folder, "authority.pem") };
  writeFileSync(files.certificateFile, `${cert}\n${key}`);
  writeFileSync(files.caFile, authority.cert);
  return files;
}
