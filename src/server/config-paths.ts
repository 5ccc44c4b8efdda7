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
  const segments = resolver("http.hls.folder");
  const users = resolver("authentication.usersFile");
  const token = resolver("api.tokenFile");
  const { certificates, selfSignedFolder, ...tls } = config.tls;
  const { folder: objectFolder, ...sharedObjects } = config.sharedObjects;
  const { folder: segmentFolder, ...hls } = config.http.hls;
  const { usersFile, ...authentication } = config.authentication;
  const { tokenFile, ...api } = config.api;
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
    http: {
      ...config.http,
      hls: { ...hls, ...(segmentFolder !== undefined && { folder: segments(segmentFolder) }) },
    },
    sharedObjects: { ...sharedObjects, ...(objectFolder !== undefined && { folder: objects(objectFolder) }) },
    authentication: { ...authentication, ...(usersFile !== undefined && { usersFile: users(usersFile) }) },
    api: { ...api, ...(tokenFile !== undefined && { tokenFile: token(tokenFile) }) },
    swfVerification: {
      allowed: config.swfVerification.allowed.map((item) => ("file" in item ? { file: swf(item.file) } : item)),
    },
  };
}
