import { signal } from "@preact/signals";
import { encodePart } from "../parse-route.ts";

/** What the server answers a request that it refuses: RFC 9457. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** Whether the server wants a token before it says more. */
export const needsLogin = signal(false);

/** Whether there is a token at all: then one can sign out again. */
export const hasToken = signal(false);

/** Asks whether this browser has to sign in. Never rejects: a server that is away cannot be asked. */
export async function readSession(): Promise<void> {
  try {
    const session = await getJson<{ readonly needsToken: boolean; readonly isSignedIn: boolean }>("/session");
    hasToken.value = session.needsToken;
    needsLogin.value = session.needsToken && !session.isSignedIn;
  } catch {
    // Whoever needs the server next finds out.
  }
}

/** Gets JSON from `/api/v1`. Rejects with an `ApiError`, or with what `fetch` says when nobody answers. */
export async function getJson<Body>(path: string, signalToAbort?: AbortSignal): Promise<Body> {
  const response = await request(path, signalToAbort === undefined ? {} : { signal: signalToAbort });
  return (await response.json()) as Body;
}

/** Asks for something to be done. */
export async function send(method: "POST" | "DELETE", path: string, body?: unknown): Promise<void> {
  await request(path, {
    method,
    ...(body !== undefined && { body: JSON.stringify(body), headers: { "Content-Type": "application/json" } }),
  });
}

/** Of a broadcast: its name is one part of the path. */
export function broadcastPath(name: string, rest = ""): string {
  return `/broadcasts/${encodePart(name)}${rest}`;
}

export function apiUrl(path: string): string {
  return `/api/v1${path}`;
}

async function request(path: string, options: RequestInit): Promise<Response> {
  const response = await fetch(apiUrl(path), { credentials: "same-origin", cache: "no-store", ...options });
  if (response.ok) return response;
  if (response.status === 401 && path !== "/session") needsLogin.value = true;
  throw new ApiError(response.status, await reasonOf(response));
}

/** More is no sentence. */
const MAX_REASON = 300;

/** The sentence of a problem+json, or that of a plain text, or else the status in words. */
export async function reasonOf(response: Response): Promise<string> {
  const fallback = `The server answered ${response.status} ${response.statusText}`.trim();
  const type = response.headers.get("Content-Type") ?? "";
  try {
    if (type.startsWith("text/plain")) return (await response.text()).trim().slice(0, MAX_REASON) || fallback;
    if (!type.includes("json")) return fallback;
    const problem = (await response.json()) as { readonly detail?: unknown; readonly title?: unknown };
    if (typeof problem.detail === "string" && problem.detail !== "") return problem.detail;
    return typeof problem.title === "string" ? problem.title : fallback;
  } catch {
    return fallback;
  }
}

/** Any failure, for people. */
export function describeFailure(error: unknown): string {
  if (error instanceof ApiError) return error.message;
  return "The server does not answer.";
}
