import type { IncomingMessage, ServerResponse } from "node:http";

/**
 * Lets scripts of web pages read the answer: those of `allowedOrigins`, or of every page where that is undefined. Nothing
 * here goes by cookies, so a page gets no more than its visitor could fetch without it.
 */
export function corsHeaders(
  request: IncomingMessage,
  allowedOrigins: readonly string[] | undefined,
): Record<string, string> {
  if (allowedOrigins === undefined) return { "Access-Control-Allow-Origin": "*" };
  const { origin } = request.headers;
  if (origin === undefined || !allowedOrigins.includes(origin)) return { Vary: "Origin" };
  return { Vary: "Origin", "Access-Control-Allow-Origin": origin };
}

/** Whether the page that sends the request, if it is one, may do more than read. Programs name no origin. */
export function isOriginAllowed(
  { headers: { origin } }: IncomingMessage,
  allowedOrigins: readonly string[] | undefined,
): boolean {
  return allowedOrigins === undefined || origin === undefined || allowedOrigins.includes(origin);
}

/** Answers `OPTIONS`: a browser asks so whether a page may send such a request. `methods` as `GET, HEAD`. */
export function answerPreflight(
  response: ServerResponse,
  cors: Readonly<Record<string, string>>,
  methods: string,
): void {
  const isAllowed = "Access-Control-Allow-Origin" in cors;
  const allowed = isAllowed && {
    "Access-Control-Allow-Methods": methods,
    "Access-Control-Allow-Headers": "Authorization, Content-Type, Range",
    "Access-Control-Max-Age": "86400",
  };
  response.writeHead(204, { ...cors, ...allowed, Allow: methods }).end();
}

/** A whole answer in plain text, for people; does nothing where one was begun, or nobody waits any more. */
export function endWithText(
  response: ServerResponse,
  status: number,
  text: string,
  headers: Readonly<Record<string, string>> = {},
): void {
  if (response.headersSent || response.destroyed) return;
  const body = Buffer.from(`${text}\n`);
  response.writeHead(status, {
    "Content-Type": "text/plain; charset=utf-8",
    "Content-Length": body.length,
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    ...headers,
  });
  response.end(body);
}

/** The user and password of `Authorization: Basic …`; undefined without them. RFC 7617. */
export function credentialsOf({
  headers: { authorization = "" },
}: IncomingMessage): { readonly user: string; readonly password: string } | undefined {
  const [, encoded] = /^basic +([A-Za-z0-9+/]+={0,2}) *$/i.exec(authorization) ?? [];
  if (encoded === undefined) return undefined;
  const text = Buffer.from(encoded, "base64").toString();
  const colon = text.indexOf(":");
  return colon < 0 ? undefined : { user: text.slice(0, colon), password: text.slice(colon + 1) };
}
