/** The embedded server. The public entry `millrace/server`. */

import type { SignaturesOf } from "./applications/method.ts";
import type { RemotingDestination } from "./flex/remoting.ts";

export type { HealthFigures, HealthFinding, HealthLevel, HealthReport } from "../broadcast/health/health-report.ts";
export { type AmfClass, classAlias } from "../formats/amf/class-alias.ts";
export * from "./applications/index.ts";
export * from "./flex/index.ts";
export type { ConnectionInfo, Decision, ServerHooks, StreamRequest } from "./hooks.ts";
export type { Log } from "./log.ts";
export { createMediaServer, type ListenerInfo, type MediaServer } from "./media-server.ts";
export type {
  AuthenticationOptions,
  BandwidthOptions,
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
export type {
  BroadcastSample,
  BroadcastSnapshot,
  ClientProtocol,
  ConnectionSnapshot,
  MonitorEvent,
  PublisherSnapshot,
  ServerMonitor,
  ServerSnapshot,
  TrackSnapshot,
  ViewingSnapshot,
} from "./snapshots.ts";

/** The methods of a service as functions, for `channel.service<FlexServiceOf<typeof calc>>("calc")`. */
export type FlexServiceOf<Served> =
  Served extends RemotingDestination<infer Methods>
    ? {
        readonly [Name in keyof Methods]: Methods[Name] extends (...parameters: never[]) => unknown
          ? Methods[Name]
          : SignaturesOf<Methods>[Name];
      }
    : never;
