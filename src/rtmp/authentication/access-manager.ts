import { parseQuery } from "../session/stream-name.ts";

/** Adobe's scheme and Limelight's, by the names that they have on the wire. */
export type AuthenticationMode = "adobe" | "llnw";

/** FFmpeg keeps 255 bytes of a description. */
const MAX_DESCRIPTION_BYTES = 255;

/** What is left of a description for a user's name, beside salt and challenge of 12 characters each, and what names it of 24. */
export const MAX_USER_BYTES = 100;

/** The description of the first rejection: the client shall say who it is. */
export function describeAuthenticationWanted(mode: AuthenticationMode): string {
  return `[ AccessManager.Reject ] : [ code=403 need auth; authmod=${mode} ] : `;
}

/** The description of the second: what the client shall sign. Parameters in the order given, nothing encoded. */
export function describeChallenge(mode: AuthenticationMode, parameters: Readonly<Record<string, string>>): string {
  const query = Object.entries(parameters).map(([name, value]) => `&${name}=${value}`);
  const text = `[ AccessManager.Reject ] : [ authmod=${mode} ] : ?reason=needauth${query.join("")}`;
  if (text.length > MAX_DESCRIPTION_BYTES) throw new RangeError(`a challenge of ${text.length} characters`);
  return text;
}

/** The description of the third, where the response is wrong. What is wrong is not told. */
export function describeAuthenticationFailure(mode: AuthenticationMode, opaque = ""): string {
  return `[ AccessManager.Reject ] : [ authmod=${mode} ] : ?reason=authfailed${opaque === "" ? "" : `&opaque=${opaque}`}`;
}

/** What a server says with a rejection that is about authentication. */
export type AccessRejection = {
  /** `adobe`, `llnw`, or one that is not known here. */
  readonly mode: string;
  /** `wanted`: the client shall say who it is; `challenge`: it shall sign; `failed`: user or password is wrong. */
  readonly kind: "wanted" | "challenge" | "failed";
  /** Of a challenge, as they were sent. */
  readonly parameters: ReadonlyMap<string, string>;
};

/** Undefined for a description that is not about authentication. Servers differ in what stands around the parts. */
export function decodeAccessRejection(description: string): AccessRejection | undefined {
  const mode = /authmod=([^\s;\]]+)/.exec(description)?.[1];
  if (mode === undefined) return undefined;
  const queryStart = description.indexOf("?");
  const parameters = parseQuery(queryStart < 0 ? "" : description.slice(queryStart + 1).trim());
  const reason = parameters.get("reason") ?? "";
  if (reason === "needauth") return { mode, kind: "challenge", parameters };
  // `authfailed`, `authfail`, `nosuchuser`, and whatever else is no challenge.
  if (reason !== "") return { mode, kind: "failed", parameters };
  return description.includes("code=403 need auth") ? { mode, kind: "wanted", parameters } : undefined;
}
