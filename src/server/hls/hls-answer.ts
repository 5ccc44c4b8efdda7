import type { IncomingMessage, ServerResponse } from "node:http";

/** One request, and what belongs to every answer to it. */
export type HlsExchange = {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly cors: Readonly<Record<string, string>>;
};

export const PLAYLIST_TYPE = "application/vnd.apple.mpegurl";

/** Another a moment later: nobody keeps it. */
const CHANGING = "no-cache, no-store";
/** Under that name nothing else ever comes. The session stands in the URL, so it is for one viewer only. */
const LASTING = "private, max-age=3600, immutable";

/** Returns how many bytes went out. */
export function answerPlaylist({ request, response, cors }: HlsExchange, text: string): number {
  const body = Buffer.from(text);
  response.writeHead(200, {
    "Content-Type": PLAYLIST_TYPE,
    "Content-Length": body.length,
    "Cache-Control": CHANGING,
    "X-Content-Type-Options": "nosniff",
    ...cors,
  });
  response.end(request.method === "HEAD" ? undefined : body);
  return request.method === "HEAD" ? 0 : body.length;
}

export function beginMedia({ response, cors }: HlsExchange, type: string, byteLength: number): void {
  response.writeHead(200, {
    "Content-Type": type,
    "Content-Length": byteLength,
    "Cache-Control": LASTING,
    "X-Content-Type-Options": "nosniff",
    ...cors,
  });
}

/** The bytes are those of all viewers, and are not copied. Returns how many went out. */
export function answerMedia(exchange: HlsExchange, type: string, pieces: readonly Uint8Array[]): number {
  const { request, response } = exchange;
  const byteLength = pieces.reduce((sum, piece) => sum + piece.length, 0);
  beginMedia(exchange, type, byteLength);
  if (request.method === "HEAD") {
    response.end();
    return 0;
  }
  response.cork();
  for (const piece of pieces) response.write(piece);
  response.end();
  response.uncork();
  return byteLength;
}

export function mediaTypeOf(rendition: string): string {
  return rendition.startsWith("a") ? "audio/mp4" : "video/mp4";
}
