import { hasOnlyMembers, isValueObject, type ReportProblem } from "./config-value.ts";
import type { CertificateFiles } from "./options.ts";

/** How a certificate is written as text. */
export const CERTIFICATE_FORM = "certificate.pem:key.pem";

/** Two paths with a colon between them, or one. The colon behind the letter of a drive of Windows separates nothing. */
const TEXT = /^((?:[A-Za-z]:[\\/])?[^:]+)(?::((?:[A-Za-z]:[\\/])?[^:]+))?$/;

/**
 * Reads `certificate.pem:key.pem`, one file with both, or an object with the members `certificateFile` and `keyFile`.
 * Reports what is wrong, and returns undefined then.
 */
export function parseCertificateFiles(value: unknown, report: ReportProblem): CertificateFiles | undefined {
  if (isValueObject(value)) {
    if (!hasOnlyMembers(value, ["certificateFile", "keyFile"], report)) return undefined;
    const { certificateFile, keyFile } = value;
    if (!isPath(certificateFile)) report({ path: ["certificateFile"], reason: "must be the path of a PEM file" });
    else if (keyFile !== undefined && !isPath(keyFile)) report({ path: ["keyFile"], reason: MUST_BE_PATH });
    else return keyFile === undefined ? { certificateFile } : { certificateFile, keyFile };
    return undefined;
  }
  const [, certificateFile, keyFile] = (typeof value === "string" && TEXT.exec(value.trim())) || [];
  if (certificateFile !== undefined) return keyFile === undefined ? { certificateFile } : { certificateFile, keyFile };
  report({});
  return undefined;
}

const MUST_BE_PATH = "must be the path of a PEM file";

function isPath(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}
