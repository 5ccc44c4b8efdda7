import { createHash, createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { encodeUtf8 } from "../../bytes/utf8.ts";
import { hasMembers } from "../../formats/amf/amf-value.ts";
import {
  type AuthenticationMode,
  describeAuthenticationFailure,
  describeAuthenticationWanted,
  describeChallenge,
  MAX_USER_BYTES,
} from "../../rtmp/authentication/access-manager.ts";
import { adobeResponse, limelightResponse, type Md5 } from "../../rtmp/authentication/responses.ts";
import type { ConnectEvent } from "../../rtmp/session/server-events.ts";
import { parseQuery, splitQuery } from "../../rtmp/session/stream-name.ts";
import type { FeatureDecision, HttpIdentification, ServerFeature } from "../feature.ts";
import { ALLOW, type Decision, type ServerHooks, type StreamRequest } from "../hooks.ts";
import type { AuthenticationOptions } from "../options.ts";
import { CHALLENGE_CHARACTERS, Challenges } from "./challenges.ts";

/** Nine bytes are twelve characters of base64, without padding. */
const TOKEN_BYTES = 9;

const DEFAULT_MODES: readonly AuthenticationMode[] = ["adobe", "llnw"];

const md5: Md5 = (bytes) => createHash("md5").update(bytes).digest();

/** What one connect says, and what it needs to be checked. */
type Claim = {
  readonly mode: AuthenticationMode;
  readonly user: string;
  readonly parameters: ReadonlyMap<string, string>;
  /** As the client sent it, without query. */
  readonly app: string;
};

/**
 * Asks publishers, or everybody, for user and password inside `connect`, as Adobe's and Limelight's servers did. Three
 * connections for each client, so a hook that watches `connect` sees three.
 */
export class PublisherAuthentication implements ServerFeature {
  readonly #options: AuthenticationOptions;
  readonly #modes: readonly AuthenticationMode[];
  /** As plain paths; undefined for every one. */
  readonly #apps: readonly string[] | undefined;
  readonly #nowMs: () => number;
  readonly #challenges: Challenges;
  /** Salts are made of it: one for each name, users or not, so that nobody learns which are. */
  readonly #secret: Uint8Array;

  /**
   * The time is that of the system. `secret` is to be had by all processes of a server, for the connections of one client
   * may come to different ones.
   */
  constructor(options: AuthenticationOptions, nowMs: () => number, secret: Uint8Array = randomBytes(32)) {
    const { modes = DEFAULT_MODES } = options;
    if (modes.length === 0) throw new TypeError('authentication needs a mode: "adobe", "llnw", or both');
    this.#options = options;
    this.#modes = modes;
    this.#apps = options.apps?.map(plainPath);
    this.#nowMs = nowMs;
    this.#secret = secret;
    this.#challenges = new Challenges(secret);
  }

  connect(_client: unknown, request: ConnectEvent): FeatureDecision | Promise<FeatureDecision> | undefined {
    if (!this.#appliesTo(request.app)) return undefined;
    const parameters = parseQuery(request.appQuery);
    const asked = parameters.get("authmod");
    if (asked === undefined && !this.#asks(request)) return undefined;
    const mode = this.#modes.find((known) => known === asked);
    if (mode === undefined) return this.#wanted();
    const user = parameters.get("user") ?? "";
    if (user === "") return this.#wanted();
    // Longer names do not fit into the description that FFmpeg reads.
    if (encodeUtf8(user).length > MAX_USER_BYTES) return failed(mode, "a user with too long a name");
    const claim = { mode, user, parameters, app: appAsSent(request) };
    return parameters.has("response") ? this.#verify(claim) : this.#challenge(claim);
  }

  /** By HTTP Basic: what is right for RTMP is right there. */
  identify({ broadcastName, purpose, credentials }: HttpIdentification): undefined | Promise<FeatureDecision> {
    const { appliesTo = "publishers" } = this.#options;
    if (!this.#appliesTo(broadcastName)) return undefined;
    if (credentials !== undefined) return this.#verifyPassword(credentials.user, credentials.password);
    const isAsked = purpose === "publish" || appliesTo === "all";
    return isAsked
      ? Promise.resolve({ allow: false, reason: `To ${purpose} wants a user and a password.` })
      : undefined;
  }

  tick(): void {
    this.#challenges.forgetExpired(this.#nowMs());
  }

  /** The hooks, with nobody publishing who was let in to play, and nobody playing who was let in elsewhere. */
  guard(hooks: ServerHooks): ServerHooks {
    const { appliesTo = "publishers" } = this.#options;
    // Called on `hooks`, which may be an instance of a class.
    return {
      onConnect: (connection) => hooks.onConnect?.(connection) ?? ALLOW,
      onPublish: (request) => (this.#isForUsers(request) ? NOT_PUBLISHED : (hooks.onPublish?.(request) ?? ALLOW)),
      onPlay: (request) =>
        appliesTo === "all" && this.#isForUsers(request) ? NOT_PLAYED : (hooks.onPlay?.(request) ?? ALLOW),
      onPublishEnd: (...told) => hooks.onPublishEnd?.(...told),
      onPlayEnd: (...told) => hooks.onPlayEnd?.(...told),
      onClose: (...told) => hooks.onClose?.(...told),
    };
  }

  /** For users, and this is none. The broadcast's name counts too: `live` + `a/key` and `live/a` + `key` are the same. */
  #isForUsers({ connection: { app, user }, broadcastName }: StreamRequest): boolean {
    return user === undefined && (this.#appliesTo(app) || this.#appliesTo(broadcastName));
  }

  #appliesTo(path: string): boolean {
    const plain = plainPath(path);
    return this.#apps === undefined || this.#apps.some((each) => plain === each || plain.startsWith(`${each}/`));
  }

  /** FFmpeg, OBS, GStreamer and their like say in `connect` that they will publish. */
  #asks({ command: { commandObject } }: ConnectEvent): boolean {
    const { appliesTo = "publishers" } = this.#options;
    return appliesTo === "all" || (hasMembers(commandObject) && commandObject.get("type") === "nonprivate");
  }

  #wanted(): FeatureDecision {
    const [mode = "adobe"] = this.#modes;
    return interim("authentication is wanted", describeAuthenticationWanted(mode));
  }

  #challenge({ mode, user }: Claim): FeatureDecision {
    const id = this.#challenges.issue(mode, user, this.#nowMs());
    const parameters: Readonly<Record<string, string>> =
      mode === "adobe" ? { user, salt: this.#saltOf(user), challenge: randomToken(), opaque: id } : { user, nonce: id };
    return interim("authentication: a challenge was sent", describeChallenge(mode, parameters));
  }

  async #verify(claim: Claim): Promise<FeatureDecision> {
    const { mode, user, parameters } = claim;
    const id = parameters.get(mode === "adobe" ? "opaque" : "nonce") ?? "";
    const isChallenged = this.#challenges.redeem(mode, user, id, this.#nowMs());
    const password = isChallenged ? await this.#passwordOf(user) : undefined;
    // Made in any case, so that the time tells nothing of who is a user.
    const expected = this.#responseTo(claim, id, password ?? randomToken());
    const isRight = areEqual(expected, parameters.get("response") ?? "") && password !== undefined;
    return isRight ? { allow: true, user } : failed(mode, "user or password is wrong", id);
  }

  async #verifyPassword(user: string, given: string): Promise<FeatureDecision> {
    const isUsable = user !== "" && encodeUtf8(user).length <= MAX_USER_BYTES;
    const password = isUsable ? await this.#passwordOf(user) : undefined;
    // Compared in any case, and as digests, so that the time tells nothing.
    const isRight =
      areEqual(this.#digestOf(password ?? randomToken()), this.#digestOf(given)) && password !== undefined;
    return isRight ? { allow: true, user } : { allow: false, reason: "User or password is wrong." };
  }

  #digestOf(password: string): string {
    return createHmac("sha256", this.#secret).update(`password ${password}`).digest("base64");
  }

  #responseTo({ mode, user, parameters, app }: Claim, id: string, password: string): string {
    if (mode === "adobe") {
      const clientChallenge = parameters.get("challenge") ?? "";
      return adobeResponse(md5, password, {
        user,
        salt: this.#saltOf(user),
        challenge: "",
        opaque: id,
        clientChallenge,
      });
    }
    const clientNonce = parameters.get("cnonce") ?? "";
    const nonceCount = parameters.get("nc") ?? "";
    return limelightResponse(md5, password, { user, nonce: id, clientNonce, nonceCount, app });
  }

  #passwordOf(user: string): string | undefined | Promise<string | undefined> {
    const { users } = this.#options;
    return typeof users === "function" ? users(user) : users.get(user);
  }

  #saltOf(user: string): string {
    return createHmac("sha256", this.#secret)
      .update(`salt ${user}`)
      .digest()
      .subarray(0, TOKEN_BYTES)
      .toString("base64");
  }
}

const NOT_PUBLISHED: Decision = {
  allow: false,
  reason: "Publishing here wants a user and a password: rtmp://USER:PASSWORD@HOST/…",
};
const NOT_PLAYED: Decision = {
  allow: false,
  reason: "Playing here wants a user and a password: rtmp://USER:PASSWORD@HOST/…",
};

function failed(mode: AuthenticationMode, reason: string, opaque = ""): FeatureDecision {
  const echoed = mode === "adobe" && opaque.length <= CHALLENGE_CHARACTERS ? opaque : "";
  return refused(`authentication failed: ${reason}`, describeAuthenticationFailure(mode, echoed));
}

function interim(reason: string, description: string): FeatureDecision {
  return { allow: false, reason, refusal: { description }, isInterim: true };
}

function refused(reason: string, description: string): FeatureDecision {
  return { allow: false, reason, refusal: { description } };
}

/** Slashes made single, the default instance left out: as names of broadcasts are made. */
function plainPath(path: string): string {
  const parts = path.split("/");
  return parts.filter((part) => part !== "" && part !== "_definst_").join("/");
}

function randomToken(): string {
  return randomBytes(TOKEN_BYTES).toString("base64");
}

/** In constant time, but for the length. */
function areEqual(first: string, second: string): boolean {
  const left = Buffer.from(first);
  const right = Buffer.from(second);
  return left.length === right.length && timingSafeEqual(left, right);
}

/** The application's name as it went into the client's response: with whatever slashes it has. */
function appAsSent({ command: { commandObject }, app }: ConnectEvent): string {
  const sent = hasMembers(commandObject) ? commandObject.get("app") : undefined;
  return typeof sent === "string" ? splitQuery(sent).name : app;
}
