import { ProtocolError } from "../errors.ts";
import { decodeAccessRejection } from "../rtmp/authentication/access-manager.ts";
import { appendQuery, ClientAuthentication, type Credentials } from "../rtmp/authentication/client-authentication.ts";
import type { ClientHandshakeForm } from "../rtmp/handshake/client-handshake.ts";
import type { Capabilities } from "../rtmp/session/capabilities.ts";
import { CLIENT_CAPABILITIES, redirectOf } from "../rtmp/session/client-connect.ts";
import { formatTcUrl, type RtmpScheme, type RtmpUrl } from "../transport/rtmp-url.ts";
import { NetConnection } from "./net-connection.ts";
import { type ConnectOptions, type ResolvedConnectOptions, resolveConnectOptions } from "./options.ts";
import type { ClientPlatform } from "./platform.ts";
import { resolvePlace } from "./resolve-place.ts";
import { StatusError } from "./status-error.ts";

/** What a connection is for. */
export type ConnectionPurpose = {
  /** The connection is closed when its stream ends. */
  readonly isForOneStream: boolean;
  /** Said in `connect`, as encoders say it: servers ask publishers alone for user and password. */
  readonly publishes: boolean;
  /** Said in `connect`: the client goes elsewhere when the server asks for it. Programs that are told may, too. */
  readonly mayMove: boolean;
};

const STAYING_CAPABILITIES: Capabilities = {
  ...CLIENT_CAPABILITIES,
  extensions: { ...CLIENT_CAPABILITIES.extensions, reconnect: false },
};

/** One secret in 256 is short; the last is taken as it is. */
const MAX_KEY_EXCHANGES = 3;
const DEFAULT_MAX_REDIRECTS = 5;

/** A connection that stands, and where redirects have led to. */
export type OpenedConnection = { readonly connection: NetConnection; readonly url: RtmpUrl };

/** The URL with user and password of the options: they belong to its host, and go to no other. */
export function withCredentials(url: RtmpUrl, { credentials }: ConnectOptions): RtmpUrl {
  return credentials === undefined ? url : { ...url, user: credentials.user, password: credentials.password };
}

/**
 * Connects, signs in as the user of the URL where the server asks for it, and goes where the server sends it.
 */
export async function openConnection(
  platform: ClientPlatform,
  url: RtmpUrl,
  options: ConnectOptions,
  purpose: ConnectionPurpose,
): Promise<OpenedConnection> {
  const { maxRedirects = DEFAULT_MAX_REDIRECTS } = options;
  const seen = new Set<string>();
  let target = url;
  let targetOptions = options;
  for (;;) {
    seen.add(formatTcUrl(target));
    try {
      return { connection: await openSignedIn(platform, target, targetOptions, purpose), url: target };
    } catch (error) {
      const redirect = error instanceof StatusError ? redirectOf(error.info) : undefined;
      if (redirect === undefined || options.stream !== undefined || maxRedirects === 0) throw error;
      const next = redirected(target, redirect, error);
      if (seen.size > maxRedirects) throw misdirected(error, `more than ${maxRedirects} redirects`);
      if (seen.has(formatTcUrl(next))) throw misdirected(error, "the redirects go in a circle");
      target = next;
      // They were for the first server.
      const { app: _, tcUrl: __, ...others } = options;
      targetOptions = others;
    }
  }
}

function redirected(from: RtmpUrl, redirect: string, error: unknown): RtmpUrl {
  try {
    return resolvePlace(from, redirect);
  } catch (cause) {
    throw misdirected(error, cause instanceof Error ? cause.message : redirect);
  }
}

function misdirected(error: unknown, why: string): unknown {
  if (!(error instanceof StatusError)) return error;
  return new StatusError("connect", { ...error, description: `${error.description} (not followed: ${why})` });
}

/** Up to three connections: the first two are rejected, and say what is wanted. */
async function openSignedIn(
  platform: ClientPlatform,
  url: RtmpUrl,
  options: ConnectOptions,
  purpose: ConnectionPurpose,
): Promise<NetConnection> {
  const credentials = credentialsOf(url);
  const { md5, crypto } = platform;
  const needs = { md5, randomBytes: (length: number) => crypto.randomBytes(length) };
  const authentication = credentials && new ClientAuthentication(credentials, url.app, needs);
  const isPublisher = purpose.publishes || credentials !== undefined;
  let query = "";
  for (;;) {
    try {
      return await openOnce(platform, url, options, { ...purpose, publishes: isPublisher }, query);
    } catch (error) {
      if (!(error instanceof StatusError)) throw error;
      query = queryAfter(error, authentication, options);
    }
  }
}

/** What the next connection says; throws what the caller gets to see where there is none. */
function queryAfter(
  error: StatusError,
  authentication: ClientAuthentication | undefined,
  options: ConnectOptions,
): string {
  const isAsked = decodeAccessRejection(error.description)?.kind === "wanted";
  if (isAsked && authentication === undefined) throw explained(error, "write rtmp://USER:PASSWORD@HOST/…");
  const step = authentication?.next(error.description);
  if (step === undefined) throw error;
  if (step.kind === "give-up") throw explained(error, step.reason);
  if (options.stream !== undefined) throw explained(error, "signing in takes three connections: leave `stream` out");
  return step.query;
}

function explained(error: StatusError, why: string): StatusError {
  return new StatusError("connect", { ...error, description: `${error.description.trimEnd()}: ${why}` });
}

function credentialsOf({ user, password }: RtmpUrl): Credentials | undefined {
  return user === undefined || user === "" ? undefined : { user, password: password ?? "" };
}

async function openOnce(
  platform: ClientPlatform,
  url: RtmpUrl,
  options: ConnectOptions,
  { isForOneStream, publishes, mayMove }: ConnectionPurpose,
  query: string,
): Promise<NetConnection> {
  const { handshake = defaultHandshakeOf(url.scheme, options) } = options;
  const members = { ...(publishes && { type: "nonprivate" }), ...options.members };
  const capabilities = options.capabilities ?? (mayMove ? CLIENT_CAPABILITIES : STAYING_CAPABILITIES);
  const resolved = resolveConnectOptions({ ...options, handshake, members, capabilities });
  const app = appendQuery(url.app, query);
  const tcUrl = appendQuery(resolved.tcUrl ?? formatTcUrl(url), query);
  const target = { app, tcUrl, isForOneStream, crypto: platform.crypto };
  if (options.stream !== undefined) return await NetConnection.open(options.stream, target, resolved);
  return await openWithKeys(platform, url, resolved, (stream, refuseShortSecret) =>
    NetConnection.open(stream, { ...target, refuseShortSecret }, resolved),
  );
}

/** Opens the transport, and another where the keys of the first are such that peers disagree about them. */
async function openWithKeys(
  platform: ClientPlatform,
  url: RtmpUrl,
  options: ResolvedConnectOptions,
  open: (
    stream: Awaited<ReturnType<ClientPlatform["openStream"]>>,
    refuseShortSecret: boolean,
  ) => Promise<NetConnection>,
): Promise<NetConnection> {
  for (let tries = 1; ; tries++) {
    const stream = await platform.openStream(url, options);
    try {
      return await open(stream, tries < MAX_KEY_EXCHANGES);
    } catch (error) {
      const isWorthAnother = error instanceof ProtocolError && error.code === "handshake.short-secret";
      if (!isWorthAnother) throw error;
    }
  }
}

function defaultHandshakeOf(scheme: RtmpScheme, { swf }: ConnectOptions): ClientHandshakeForm {
  if (scheme === "rtmpe" || scheme === "rtmpte") return "encrypted";
  return swf === undefined ? "plain" : "digest";
}
