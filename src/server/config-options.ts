import type { SwfIdentity } from "../rtmp/handshake/swf-verification.ts";
import type { Config } from "./config.ts";
import type { AuthenticationOptions, MediaServerOptions } from "./options.ts";

/**
 * The options of a server that is configured like this; `allowedSwf` and `users`, passwords by name, are what the files of
 * `config` have become.
 */
export function serverOptionsOf(
  config: Config,
  allowedSwf: readonly SwfIdentity[],
  users?: ReadonlyMap<string, string>,
): MediaServerOptions {
  const {
    log: _,
    api: ____,
    workers: __,
    tls,
    http,
    rtmpe,
    swfVerification: ___,
    sharedObjects,
    authentication,
    ...same
  } = config;
  const { selfSignedFolder, ...certificates } = tls;
  const { folder, apps, maxTotalBytes } = sharedObjects;
  const hasSharedObjects = folder !== undefined || apps.length > 0;
  const { allowedOrigins, publicHost, flv, hls } = http;
  const { enabled: hlsEnabled, ...hlsOptions } = hls;
  const hasTls = hasCertificate(config);
  return {
    ...same,
    ...(hasTls && { tls: { ...certificates, ...(selfSignedFolder !== undefined && { selfSignedFolder }) } }),
    http: {
      ...(allowedOrigins.length > 0 && { allowedOrigins }),
      ...(publicHost !== undefined && { publicHost }),
      flv: flv.enabled === "on" && { waitMs: flv.waitMs, publish: flv.publish === "on" },
      hls: hlsEnabled === "on" && hlsOptions,
    },
    ...(rtmpe.type !== "as-asked" && { rtmpe: { type: RTMPE_TYPES[rtmpe.type] } }),
    ...(hasSharedObjects && {
      sharedObjects: {
        limits: { maxTotalBytes },
        ...(folder !== undefined && { folder }),
        ...(apps.length > 0 && { apps }),
      },
    }),
    ...(users !== undefined && { authentication: authenticationOf(authentication, users) }),
    ...(allowedSwf.length > 0 && { swfVerification: { allowed: allowedSwf } }),
  };
}

function authenticationOf(
  { appliesTo, firstMode, apps }: Config["authentication"],
  users: ReadonlyMap<string, string>,
): AuthenticationOptions {
  const modes = firstMode === "adobe" ? (["adobe", "llnw"] as const) : (["llnw", "adobe"] as const);
  return { users, modes, appliesTo, ...(apps.length > 0 && { apps }) };
}

/** Whether there is TLS. */
export function hasCertificate({ tls }: Config): boolean {
  return tls.certificates.length > 0 || tls.selfSignedFolder !== undefined;
}

const RTMPE_TYPES = { "6": 6, "8": 8, "9": 9 } as const;
