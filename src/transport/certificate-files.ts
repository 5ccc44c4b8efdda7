import { createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createSecureContext, type SecureContext, type SecureContextOptions } from "node:tls";

/** A certificate with its chain, and its private key, as PEM files; one file may hold both. */
export type CertificateFiles = {
  readonly certificateFile: string;
  /** @default the certificate's file */
  readonly keyFile?: string;
};

/** A certificate that can be served. */
export type TlsIdentity = {
  readonly certificateFile: string;
  readonly certificate: X509Certificate;
  readonly secureContext: SecureContext;
};

/** Rejects with an error that says which file is wrong, why, and what to do. */
export async function loadTlsIdentity(files: CertificateFiles, settings: SecureContextOptions): Promise<TlsIdentity> {
  const { certificateFile, keyFile = certificateFile } = files;
  const certificatePem = await readPem(certificateFile, "certificate");
  const keyPem = keyFile === certificateFile ? certificatePem : await readPem(keyFile, "private key");
  const certificate = parseCertificate(certificatePem, certificateFile);
  if (!certificate.checkPrivateKey(parsePrivateKey(keyPem, keyFile))) {
    throw new Error(
      `the private key in ${keyFile} does not belong to the certificate in ${certificateFile}: give the pair that was made together, the server's certificate first and then its chain.`,
    );
  }
  checkDates(certificate, certificateFile);
  try {
    const secureContext = createSecureContext({ ...settings, cert: certificatePem, key: keyPem });
    return { certificateFile, certificate, secureContext };
  } catch (error) {
    throw new Error(`the certificate in ${certificateFile} cannot be used: ${messageOf(error)}.`, { cause: error });
  }
}

async function readPem(file: string, what: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    throw new Error(`cannot read the ${what} in ${file}: ${readReason(error)}`, { cause: error });
  }
}

function parseCertificate(pem: string, file: string): X509Certificate {
  try {
    return new X509Certificate(pem);
  } catch (error) {
    const reason = "it holds no certificate in PEM form (-----BEGIN CERTIFICATE-----)";
    throw new Error(`cannot use ${file}: ${reason}. Convert it, or name another file.`, { cause: error });
  }
}

function parsePrivateKey(pem: string, file: string): KeyObject {
  try {
    return createPrivateKey(pem);
  } catch (error) {
    const reason = "it holds no private key in PEM form that can be read without a passphrase";
    throw new Error(`cannot use ${file}: ${reason}. Convert it, or set keyFile to the file with the key.`, {
      cause: error,
    });
  }
}

function checkDates({ validFromDate, validToDate }: X509Certificate, file: string): void {
  const nowMs = Date.now();
  if (validToDate.getTime() <= nowMs) {
    throw new Error(`the certificate in ${file} ended on ${validToDate.toISOString()}: renew it.`);
  }
  if (validFromDate.getTime() > nowMs) {
    throw new Error(
      `the certificate in ${file} begins only on ${validFromDate.toISOString()}: check this machine's clock, or use an older certificate.`,
    );
  }
}

function readReason(error: unknown): string {
  switch (error instanceof Error && "code" in error && error.code) {
    case "ENOENT":
      return "there is no such file. Check the path.";
    case "EACCES":
    case "EPERM":
      return "this user may not read it. Change its owner or its mode.";
    case "EISDIR":
      return "it is a folder. Name the file in it.";
    default:
      return messageOf(error);
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
