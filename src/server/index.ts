/** The embedded server. The public entry `millrace/server`. */
export { type AmfClass, classAlias } from "../formats/amf/class-alias.ts";
export * from "./applications/index.ts";
export * from "./flex/index.ts";
export type { ConnectionInfo, Decision, ServerHooks, StreamRequest } from "./hooks.ts";
export type { Log } from "./log.ts";
export { createMediaServer, type ListenerInfo, type MediaServer } from "./media-server.ts";
export type {
  AuthenticationOptions,
  CertificateFiles,
  ListenAddress,
  MediaServerOptions,
  ServerHttpOptions,
  ServerLimits,
  ServerPlayOptions,
  ServerPublishOptions,
  ServerRtmpeOptions,
  ServerTimeouts,
  ServerTlsOptions,
  SwfVerificationOptions,
} from "./options.ts";
export * from "./shared-objects/index.ts";
