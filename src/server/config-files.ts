import { inflateSync } from "node:zlib";
import { identifySwf, type SwfIdentity } from "../rtmp/handshake/swf-verification.ts";
import { nodeCrypto } from "../transport/node-crypto.ts";
import { needsTls } from "../transport/ways-in.ts";
import { parseUsers } from "./config-authentication.ts";
import { hasCertificate } from "./config-options.ts";
import type { ConfigProblem } from "./config-problem.ts";
import { originOfPart, type ResolvedConfig } from "./config-settings.ts";
import type { AllowedSwf } from "./config-swf.ts";
import type { CertificateFiles } from "./options.ts";

/** What is used of the disk. */
export type ConfigDisk = {
  /** Throws what `fs` does. */
  readFile(path: string): Uint8Array;
  /** Rejects with an error that says which file is wrong, and why. */
  checkCertificate(files: CertificateFiles): Promise<void>;
};

export type CheckedFiles = {
  readonly problems: readonly ConfigProblem[];
  /** What the allowed SWF files are, in their order. */
  readonly allowedSwf: readonly SwfIdentity[];
  /** Passwords by name; undefined without a file of them. */
  readonly users: ReadonlyMap<string, string> | undefined;
};

/**
 * Finds what a schema cannot: listeners that want TLS without a certificate, versions of TLS that leave none between them,
 * and files that are not there or no good.
 */
export async function checkFiles({ config, effective }: ResolvedConfig, disk: ConfigDisk): Promise<CheckedFiles> {
  const problems: ConfigProblem[] = [];
  const report = (path: string, part: readonly PropertyKey[], message: string): void => {
    const setting = effective.get(path);
    if (setting === undefined) throw new Error(`${path} has its default, and a problem: ${message}`);
    problems.push({ origin: originOfPart(setting, part), key: setting.key.path, message });
  };
  for (const [index, { accept = [] }] of config.listen.entries()) {
    const ways = accept.filter(needsTls).join(", ");
    if (ways !== "" && !hasCertificate(config)) report("listen", [index, "accept"], `${ways}: ${NO_CERTIFICATE}`);
  }
  const { minVersion, maxVersion } = config.tls;
  if (minVersion > maxVersion) {
    report("tls.minVersion", [], `tls.minVersion is ${minVersion}, newer than tls.maxVersion, ${maxVersion}`);
  }
  for (const [index, files] of config.tls.certificates.entries()) {
    await disk.checkCertificate(files).catch((error) => report("tls.certificates", [index], messageOf(error)));
  }
  const allowedSwf: SwfIdentity[] = [];
  for (const [index, swf] of config.swfVerification.allowed.entries()) {
    try {
      allowedSwf.push(identify(swf, disk));
    } catch (error) {
      report("swfVerification.allowed", [index], messageOf(error));
    }
  }
  const { usersFile } = config.authentication;
  let users: ReadonlyMap<string, string> | undefined;
  try {
    users = usersFile === undefined ? undefined : readUsers(usersFile, disk);
  } catch (error) {
    report("authentication.usersFile", [], messageOf(error));
  }
  return { problems, allowedSwf, users };
}

/** Why a file cannot be read, in words. */
export function describeReadError(error: unknown): string {
  switch ((error as NodeJS.ErrnoException).code) {
    case "ENOENT":
      return "there is no such file";
    case "EACCES":
      return "not permitted";
    case "EISDIR":
      return "this is a folder";
    default:
      return messageOf(error);
  }
}

const NO_CERTIFICATE =
  "there is no certificate for this; set tls.certificates, or tls.selfSignedFolder to have one made";

function readUsers(path: string, disk: ConfigDisk): ReadonlyMap<string, string> {
  let text: string;
  try {
    text = new TextDecoder().decode(disk.readFile(path));
  } catch (error) {
    throw new Error(`${path} cannot be read: ${describeReadError(error)}`, { cause: error });
  }
  try {
    return parseUsers(text);
  } catch (error) {
    throw new Error(`${path}: ${messageOf(error)}`, { cause: error });
  }
}

function identify(swf: AllowedSwf, disk: ConfigDisk): SwfIdentity {
  if (!("file" in swf)) return { hash: Buffer.from(swf.hash, "hex"), byteLength: swf.byteLength };
  let file: Uint8Array;
  try {
    file = disk.readFile(swf.file);
  } catch (error) {
    throw new Error(`${swf.file} cannot be read: ${describeReadError(error)}`, { cause: error });
  }
  try {
    return identifySwf(file, { crypto: nodeCrypto, inflate: inflateSync });
  } catch (error) {
    throw new Error(`${swf.file} cannot be used: ${messageOf(error)}`, { cause: error });
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
