import type { IncomingMessage, ServerResponse } from "node:http";
import { TLSSocket } from "node:tls";

/** What names a session in cookies and paths. */
export const SESSION_NAME = "flexsession";
export const AMF_TYPE = "application/x-amf";

/** Where a request goes, without its query, and the session that its path names behind a `;`. */
export type FlexTarget = { readonly path: string; readonly sessionId: string | undefined };

export function parseFlexTarget(url: string): FlexTarget {
  const [path = ""] = url.split("?", 1);
  const mark = `;${SESSION_NAME}=`;
  const at = path.indexOf(mark);
  return at < 0 ? { path, sessionId: undefined } : { path: path.slice(0, at), sessionId: path.slice(at + mark.length) };
}

/** The session that a request's cookie names. */
export function sessionOfCookie(request: IncomingMessage): string | undefined {
  const cookies = request.headers.cookie?.split(";") ?? [];
  const mark = `${SESSION_NAME}=`;
  return cookies
    .map((cookie) => cookie.trim())
    .find((cookie) => cookie.startsWith(mark))
    ?.slice(mark.length);
}

/** No page can read the cookie, and no other site can have it sent. */
export function sessionCookie(request: IncomingMessage, sessionId: string): string {
  const secure = request.socket instanceof TLSSocket ? "; Secure" : "";
  return `${SESSION_NAME}=${sessionId}; Path=/; HttpOnly; SameSite=Lax${secure}`;
}

/** For pages of the sites that are allowed; nothing for all others. */
export function corsHeaders(request: IncomingMessage, allowedOrigins: ReadonlySet<string>): Record<string, string> {
  const { origin } = request.headers;
  if (allowedOrigins.size === 0) return {};
  if (origin === undefined || !allowedOrigins.has(origin)) return { Vary: "Origin" };
  return { Vary: "Origin", "Access-Control-Allow-Origin": origin, "Access-Control-Allow-Credentials": "true" };
}

/** Answers a browser that asks whether a page may send something. */
export function answerPreflight(response: ServerResponse, cors: Record<string, string>): void {
  const isAllowed = "Access-Control-Allow-Origin" in cors;
  const allowed = isAllowed
    ? {
        "Access-Control-Allow-Methods": "POST",
        "Access-Control-Allow-Headers": "Content-Type",
        "Access-Control-Max-Age": "600",
      }
    : { Allow: "POST" };
  response.writeHead(204, { ...cors, ...allowed }).end();
}

/** Refuses a request. What still comes of it goes down with its connection. */
export function refuseRequest(response: ServerResponse, status: number, why: string): void {
  if (response.headersSent || response.destroyed) return;
  const text = `${why}\n`;
  response.writeHead(status, {
    "Content-Type": "text/plain; charset=utf-8",
    "Content-Length": Buffer.byteLength(text),
    "X-Content-Type-Options": "nosniff",
    ...(status === 405 && { Allow: "POST" }),
    Connection: "close",
  });
  response.end(text);
}

export function answerPacket(response: ServerResponse, packet: Uint8Array, headers: Record<string, string>): void {
  if (response.headersSent || response.destroyed) return;
  response.writeHead(200, {
    "Content-Type": AMF_TYPE,
    "Content-Length": packet.length,
    "Cache-Control": "no-store",
    ...headers,
  });
  response.end(packet);
}
