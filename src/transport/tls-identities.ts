import { constants } from "node:crypto";
import type { SecureContext, SecureContextOptions } from "node:tls";
import { type CertificateFiles, loadTlsIdentity, type TlsIdentity } from "./certificate-files.ts";
import { selfSignedCertificate } from "./self-signed-certificate.ts";

export type TlsIdentitiesOptions = {
  /** Clients that name a host get the certificate made for it, all others the first. */
  readonly certificates?: readonly CertificateFiles[];
  /** Where a self-signed certificate is kept: made there if there is none, and the last of all. */
  readonly selfSignedFolder?: string;
  /** @default "TLSv1.2" */
  readonly minVersion?: "TLSv1.2" | "TLSv1.3";
  /** @default "TLSv1.3" */
  readonly maxVersion?: "TLSv1.2" | "TLSv1.3";
};

/** What an operator wants to know of a certificate in use. */
export type TlsIdentitySummary = {
  readonly certificateFile: string;
  /** As the certificate has them: `DNS:example.org, IP Address:192.0.2.7`. */
  readonly names: string;
  readonly validTo: Date;
  readonly sha256Fingerprint: string;
  readonly isSelfSigned: boolean;
};

/** Forward secrecy and authenticated encryption only; AES first, which processors have instructions for. */
const CIPHERS = [
  "TLS_AES_128_GCM_SHA256",
  "TLS_AES_256_GCM_SHA384",
  "TLS_CHACHA20_POLY1305_SHA256",
  "ECDHE-ECDSA-AES128-GCM-SHA256",
  "ECDHE-RSA-AES128-GCM-SHA256",
  "ECDHE-ECDSA-AES256-GCM-SHA384",
  "ECDHE-RSA-AES256-GCM-SHA384",
  "ECDHE-ECDSA-CHACHA20-POLY1305",
  "ECDHE-RSA-CHACHA20-POLY1305",
].join(":");

/** The certificates of a server, and which client gets which. */
export class TlsIdentities {
  readonly #options: TlsIdentitiesOptions;
  #identities: readonly TlsIdentity[];
  #reloading: Promise<void> = Promise.resolve();

  private constructor(options: TlsIdentitiesOptions, identities: readonly TlsIdentity[]) {
    this.#options = options;
    this.#identities = identities;
  }

  /** Rejects with an error that says which file is wrong, why, and what to do. */
  static async load(options: TlsIdentitiesOptions): Promise<TlsIdentities> {
    return new TlsIdentities(options, await loadAll(options));
  }

  get summaries(): readonly TlsIdentitySummary[] {
    return this.#identities.map(({ certificateFile, certificate }) => ({
      certificateFile,
      names: certificate.subjectAltName ?? "",
      validTo: certificate.validToDate,
      sha256Fingerprint: certificate.fingerprint256,
      isSelfSigned: certificate.checkIssued(certificate),
    }));
  }

  /**
   * For the name that a client asks for: the certificate made for exactly it, else one with a wildcard that covers it,
   * else the first.
   */
  contextFor(serverName: string | undefined): SecureContext {
    const identity =
      serverName === undefined
        ? undefined
        : (this.#find(serverName, { wildcards: false }) ?? this.#find(serverName, { partialWildcards: false }));
    const chosen = identity ?? this.#identities[0];
    if (chosen === undefined) throw new Error("there is no certificate");
    return chosen.secureContext;
  }

  /** Reads all files again. If one is bad, all stay as they were, and the promise rejects with what is wrong. */
  reload(): Promise<void> {
    const reloaded = this.#reloading.then(async () => {
      this.#identities = await loadAll(this.#options);
    });
    this.#reloading = reloaded.catch(() => {});
    return reloaded;
  }

  #find(
    serverName: string,
    options: { readonly wildcards?: boolean; readonly partialWildcards?: boolean },
  ): TlsIdentity | undefined {
    return this.#identities.find(({ certificate }) => isFor(certificate, serverName, options));
  }
}

async function loadAll(options: TlsIdentitiesOptions): Promise<readonly TlsIdentity[]> {
  const { certificates = [], selfSignedFolder, minVersion = "TLSv1.2", maxVersion = "TLSv1.3" } = options;
  const files = [...certificates];
  if (selfSignedFolder !== undefined) files.push(await selfSignedCertificate(selfSignedFolder));
  if (files.length === 0) {
    throw new Error("`tls` has no certificate: set tls.certificates or tls.selfSignedFolder, or leave tls out.");
  }
  if (minVersion > maxVersion) {
    throw new Error(`tls.minVersion is ${minVersion}, newer than tls.maxVersion, ${maxVersion}. Change one of them.`);
  }
  const settings: SecureContextOptions = {
    minVersion,
    maxVersion,
    ciphers: CIPHERS,
    honorCipherOrder: true,
    secureOptions: constants.SSL_OP_NO_RENEGOTIATION,
  };
  return await Promise.all(files.map((pair) => loadTlsIdentity(pair, settings)));
}

/** By its subjectAltName alone. Clients may send any text as a name, and Node throws at some. */
function isFor(
  certificate: TlsIdentity["certificate"],
  serverName: string,
  options: { readonly wildcards?: boolean; readonly partialWildcards?: boolean },
): boolean {
  if (serverName.startsWith(".")) return false;
  try {
    return certificate.checkHost(serverName, { subject: "never", ...options }) !== undefined;
  } catch {
    return false;
  }
}
