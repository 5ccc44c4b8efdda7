import { splitQuery } from "../session/stream-name.ts";
import { type AuthenticationMode, decodeAccessRejection } from "./access-manager.ts";
import { encodeBase64 } from "./base64.ts";
import { adobeResponse, limelightResponse, type Md5 } from "./responses.ts";

export type Credentials = { readonly user: string; readonly password: string };

export type ClientAuthenticationNeeds = {
  readonly md5: Md5;
  randomBytes(length: number): Uint8Array;
};

/** What to do after a rejection: connect anew with this query behind the app, or give up. */
export type AuthenticationStep =
  | { readonly kind: "retry"; readonly query: string }
  | { readonly kind: "give-up"; readonly reason: string };

const NONCE_BYTES = 6;
const NONCE_COUNT = "00000001";

/**
 * The client's side of publisher authentication: a connect that is rejected, a second that names the user, a third that
 * signs; each on a connection of its own. The query goes into `app` and `tcUrl`, with nothing encoded.
 */
export class ClientAuthentication {
  readonly #credentials: Credentials;
  readonly #app: string;
  readonly #needs: ClientAuthenticationNeeds;
  #hasNamed = false;
  #hasSigned = false;

  /** Throws a TypeError for a user's name that cannot be sent. `app` may have a query. */
  constructor(credentials: Credentials, app: string, needs: ClientAuthenticationNeeds) {
    if (/[&?=\s]/.test(credentials.user)) {
      throw new TypeError("a user's name with &, ?, = or a space cannot be sent: nothing is encoded there");
    }
    this.#credentials = credentials;
    this.#app = splitQuery(app).name;
    this.#needs = needs;
  }

  /** Undefined if the rejection is not about authentication. */
  next(description: string): AuthenticationStep | undefined {
    const rejection = decodeAccessRejection(description);
    if (rejection === undefined) return undefined;
    const { mode, kind, parameters } = rejection;
    if (mode !== "adobe" && mode !== "llnw") return giveUp(`the server wants the unknown scheme ${mode}`);
    if (kind === "failed" || this.#hasSigned) return giveUp("the user or the password is wrong");
    if (kind === "challenge") return this.#sign(mode, parameters);
    if (this.#hasNamed) return giveUp("the server asks for the user again and again");
    this.#hasNamed = true;
    return { kind: "retry", query: `authmod=${mode}&user=${this.#credentials.user}` };
  }

  #sign(mode: AuthenticationMode, parameters: ReadonlyMap<string, string>): AuthenticationStep {
    this.#hasSigned = true;
    const query = mode === "adobe" ? this.#signAdobe(parameters) : this.#signLimelight(parameters);
    return { kind: "retry", query: `authmod=${mode}&${query}` };
  }

  /** The server may name the user in its own way: its name is what counts. */
  #signAdobe(parameters: ReadonlyMap<string, string>): string {
    const { user, password } = this.#credentials;
    const clientChallenge = this.#nonce();
    const opaque = parameters.get("opaque") ?? "";
    const response = adobeResponse(this.#needs.md5, password, {
      user: parameters.get("user") ?? user,
      salt: parameters.get("salt") ?? "",
      challenge: parameters.get("challenge") ?? "",
      opaque,
      clientChallenge,
    });
    const back = opaque === "" ? "" : `&opaque=${opaque}`;
    return `user=${user}&challenge=${clientChallenge}&response=${response}${back}`;
  }

  #signLimelight(parameters: ReadonlyMap<string, string>): string {
    const { user, password } = this.#credentials;
    const nonce = parameters.get("nonce") ?? "";
    const clientNonce = this.#nonce();
    const response = limelightResponse(this.#needs.md5, password, {
      user: parameters.get("user") ?? user,
      nonce,
      clientNonce,
      nonceCount: NONCE_COUNT,
      app: this.#app,
    });
    return `user=${user}&nonce=${nonce}&cnonce=${clientNonce}&nc=${NONCE_COUNT}&response=${response}`;
  }

  #nonce(): string {
    return encodeBase64(this.#needs.randomBytes(NONCE_BYTES));
  }
}

/** The app, or the URL, with one more query behind it. */
export function appendQuery(text: string, query: string): string {
  if (query === "") return text;
  return text.includes("?") ? `${text}&${query}` : `${text}?${query}`;
}

function giveUp(reason: string): AuthenticationStep {
  return { kind: "give-up", reason };
}
