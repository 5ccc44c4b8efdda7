import { randomBytes, X509Certificate } from "node:crypto";
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { isIP } from "node:net";
import { hostname, networkInterfaces } from "node:os";
import { join } from "node:path";
import type { CertificateFiles } from "./certificate-files.ts";

/** The file in the folder that clients may be given. */
export const CERTIFICATE_NAME = "self-signed-certificate.pem";
const KEY_NAME = "self-signed-key.pem";
const DAY_MS = 24 * 60 * 60 * 1000;
const VALID_DAYS = 3650;
/** One that ends so soon is made anew, at a start or when certificates are read again. */
const RENEW_DAYS = 30;

/**
 * The self-signed certificate in a folder, made there if there is none or it ends soon: for this machine's names and
 * addresses of now, for ten years, its key readable by its owner only. Rejects with an error that says what to do.
 */
export async function selfSignedCertificate(folder: string): Promise<CertificateFiles> {
  const files = { certificateFile: join(folder, CERTIFICATE_NAME), keyFile: join(folder, KEY_NAME) };
  if (!(await isUsable(files.certificateFile))) await make(folder, files);
  return files;
}

/** One that cannot be parsed counts: what is wrong with it is said when it is loaded. */
async function isUsable(file: string): Promise<boolean> {
  try {
    const { validToDate } = new X509Certificate(await readFile(file));
    return validToDate.getTime() > Date.now() + RENEW_DAYS * DAY_MS;
  } catch (error) {
    return !(error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ENOTDIR"));
  }
}

async function make(folder: string, files: Required<CertificateFiles>): Promise<void> {
  const { generate } = await import("selfsigned");
  const names = machineNames();
  const notBeforeDate = new Date();
  const { cert, private: key } = await generate([{ name: "commonName", value: "millrace self-signed" }], {
    keyType: "ec",
    curve: "P-256",
    algorithm: "sha256",
    notBeforeDate,
    notAfterDate: new Date(notBeforeDate.getTime() + VALID_DAYS * DAY_MS),
    extensions: [
      // So that it can be given to clients as the authority that signed it.
      { name: "basicConstraints", cA: true, critical: true },
      { name: "keyUsage", digitalSignature: true, keyCertSign: true, critical: true },
      { name: "extKeyUsage", serverAuth: true },
      {
        name: "subjectAltName",
        altNames: names.map((name) => (isIP(name) === 0 ? { type: 2, value: name } : { type: 7, ip: name })),
      },
    ],
  });
  try {
    await mkdir(folder, { recursive: true });
    await replaceFile(files.keyFile, `${key}\n`, 0o600);
    await replaceFile(files.certificateFile, `${cert}\n`, 0o644);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(
      `cannot keep a self-signed certificate in ${folder}: ${reason}. Let this user write there, or choose another folder.`,
      { cause: error },
    );
  }
}

/** In one step, so that nobody ever sees half a file. */
async function replaceFile(file: string, text: string, mode: number): Promise<void> {
  const unfinished = `${file}.${randomBytes(6).toString("hex")}`;
  try {
    await writeFile(unfinished, text, { mode, flag: "wx" });
    await rename(unfinished, file);
  } catch (error) {
    await rm(unfinished, { force: true });
    throw error;
  }
}

function machineNames(): string[] {
  const addresses = Object.values(networkInterfaces()).flatMap((found) => found ?? []);
  // Addresses of a link have a zone, which no certificate can say.
  const usable = addresses.filter(({ family, scopeid }) => family === "IPv4" || scopeid === 0);
  return [...new Set(["localhost", hostname(), "127.0.0.1", "::1", ...usable.map(({ address }) => address)])];
}
