import type { SwfIdentity } from "../rtmp/handshake/swf-verification.ts";
import type { Config } from "../server/config.ts";

/** What a server is made of, when all files are read: each worker gets the same, also one that comes later. */
export type ServerSettings = {
  readonly config: Config;
  readonly allowedSwf: readonly SwfIdentity[];
  /** Passwords by name. */
  readonly users?: ReadonlyMap<string, string>;
};

type EncodedSettings = {
  readonly config: Config;
  readonly allowedSwf: readonly { readonly hash: string; readonly byteLength: number }[];
  readonly users?: readonly (readonly [string, string])[];
};

/** In a form that JSON keeps. */
export function encodeServerSettings({ config, allowedSwf, users }: ServerSettings): unknown {
  return {
    config,
    allowedSwf: allowedSwf.map(({ hash, byteLength }) => ({ hash: Buffer.from(hash).toString("hex"), byteLength })),
    ...(users && { users: [...users] }),
  } satisfies EncodedSettings;
}

/** Of our own process: not checked. */
export function decodeServerSettings(encoded: unknown): ServerSettings {
  const { config, allowedSwf, users } = encoded as EncodedSettings;
  return {
    config,
    allowedSwf: allowedSwf.map(({ hash, byteLength }) => ({ hash: Buffer.from(hash, "hex"), byteLength })),
    ...(users && { users: new Map(users) }),
  };
}
