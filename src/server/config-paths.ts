import { dirname, isAbsolute, join } from "node:path";
import type { Config } from "./config.ts";
import type { Setting } from "./config-settings.ts";

/** Relative paths of a configuration file begin at its folder, all others where the process runs. */
export function resolvePaths(config: Config, effective: ReadonlyMap<string, Setting>): Config {
  const resolver = (path: string): ((file: string) => string) => {
    const origin = effective.get(path)?.origin;
    if (origin?.kind !== "file") return (file) => file;
    return (file) => (isAbsolute(file) ? file : join(dirname(origin.file), file));
  };
  const certificate = resolver("tls.certificates");
  const folder = resolver("tls.selfSignedFolder");
  const swf = resolver("swfVerification.allowed");
  const objects = resolver("sharedObjects.folder");
  const users = resolver("authentication.usersFile");
  const { certificates, selfSignedFolder, ...tls } = config.tls;
  const { folder: objectFolder, ...sharedObjects } = config.sharedObjects;
  const { usersFile, ...authentication } = config.authentication;
  return {
    ...config,
    tls: {
      ...tls,
      certificates: certificates.map(({ certificateFile, keyFile }) => ({
        certificateFile: certificate(certificateFile),
        ...(keyFile !== undefined && { keyFile: certificate(keyFile) }),
      })),
      ...(selfSignedFolder !== undefined && { selfSignedFolder: folder(selfSignedFolder) }),
    },
    sharedObjects: { ...sharedObjects, ...(objectFolder !== undefined && { folder: objects(objectFolder) }) },
    authentication: { ...authentication, ...(usersFile !== undefined && { usersFile: users(usersFile) }) },
    swfVerification: {
      allowed: config.swfVerification.allowed.map((item) => ("file" in item ? { file: swf(item.file) } : item)),
    },
  };
}
