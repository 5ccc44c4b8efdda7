import type { TlsIdentitySummary } from "../transport/tls-identities.ts";
import type { Log } from "./log.ts";

/** Long enough to renew it in working hours. */
const WARN_DAYS = 14;
const DAY_MS = 24 * 60 * 60 * 1000;

/** Tells the operator of each certificate when it is loaded, and every day of those that end soon. */
export function noteCertificates(summaries: readonly TlsIdentitySummary[], log: Log, occasion: "load" | "day"): void {
  for (const { certificateFile, names, validTo, sha256Fingerprint, isSelfSigned } of summaries) {
    const details = { certificateFile, names, validTo: validTo.toISOString() };
    if (occasion === "load") {
      if (isSelfSigned) log.info({ ...details, sha256Fingerprint }, SELF_SIGNED);
      else log.debug({ ...details, sha256Fingerprint }, "a certificate is in use");
    }
    const leftMs = validTo.getTime() - Date.now();
    if (leftMs <= 0) log.warn(details, "a certificate has ended: clients refuse it. Renew it, and have it read again");
    else if (leftMs <= WARN_DAYS * DAY_MS) {
      log.warn(details, `a certificate ends in ${Math.ceil(leftMs / DAY_MS)} days: renew it, and have it read again`);
    }
  }
}

const SELF_SIGNED = "a self-signed certificate is in use: clients must be given it, or told not to verify";
