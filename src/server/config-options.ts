import type { SwfIdentity } from "../rtmp/handshake/swf-verification.ts";
import type { Config } from "./config.ts";
import type { MediaServerOptions } from "./options.ts";

/** The options of a server that is configured like this; `allowedSwf` is what the files of `config` have become. */
export function serverOptionsOf(config: Config, allowedSwf: readonly SwfIdentity[]): MediaServerOptions {
  const { log: _, tls, rtmpe, swfVerification: __, sharedObjects, ...same } = config;
  const { selfSignedFolder, ...certificates } = tls;
  const { folder, apps, maxTotalBytes } = sharedObjects;
  const hasSharedObjects = folder !== undefined || apps.length > 0;
  const hasTls = hasCertificate(config);
  return {
    ...same,
    ...(hasTls && { tls: { ...certificates, ...(selfSignedFolder !== undefined && { selfSignedFolder }) } }),
    ...(rtmpe.type !== "as-asked" && { rtmpe: { type: RTMPE_TYPES[rtmpe.type] } }),
    ...(hasSharedObjects && {
      sharedObjects: {
        limits: { maxTotalBytes },
        ...(folder !== undefined && { folder }),
        ...(apps.length > 0 && { apps }),
      },
    }),
    ...(allowedSwf.length > 0 && { swfVerification: { allowed: allowedSwf } }),
  };
}

/** Whether there is TLS. */
export function hasCertificate({ tls }: Config): boolean {
  return tls.certificates.length > 0 || tls.selfSignedFolder !== undefined;
}

const RTMPE_TYPES = { "6": 6, "8": 8, "9": 9 } as const;
