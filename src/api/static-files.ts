import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { extname, join, relative, sep } from "node:path";

type StaticFile = {
  readonly bytes: Uint8Array;
  readonly type: string;
  readonly tag: string;
  readonly isHashed: boolean;
};

/** Others are not served. */
const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".json": "application/json",
  ".webmanifest": "application/manifest+json",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".ico": "image/x-icon",
  ".webp": "image/webp",
  ".woff2": "font/woff2",
  ".txt": "text/plain; charset=utf-8",
};

/** The dashboard needs a few. */
const MAX_FILES = 1000;

/** `app-B3kX9_qa.js`, `app.1f3c77ab.css`: another content has another name. */
const HASHED_NAME = /[.-][A-Za-z0-9_-]{8,}\.\w+$/;

/** What pages may load and do: nothing from elsewhere, and nothing that stands in the page itself. */
const PAGE_POLICY: string = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data: blob:",
  "font-src 'self'",
  "media-src 'self' blob:",
  "connect-src 'self'",
  "worker-src 'self' blob:",
  "manifest-src 'self'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
  "form-action 'self'",
].join("; ");

/**
 * The files of a folder, held in memory: a path is looked up among the names that were found there, and never becomes one
 * of the disk.
 */
export class StaticFiles {
  readonly #folder: string | undefined;
  #files: ReadonlyMap<string, StaticFile> = new Map();

  constructor(folder: string | undefined) {
    this.#folder = folder;
    this.#load();
  }

  /** Answers GET and HEAD; false where there is nothing. `path` is that of the URL, not decoded. */
  handle(request: IncomingMessage, response: ServerResponse, path: string): boolean {
    // Whoever builds the dashboard beside a running server need not start it again.
    if (path === "/" && !this.#files.has("/index.html")) this.#load();
    const file = this.#files.get(path === "/" ? "/index.html" : path);
    if (file !== undefined) send(request, response, file);
    else if (path === "/") sendNotBuilt(request, response);
    else return false;
    return true;
  }

  #load(): void {
    if (this.#folder === undefined) return;
    try {
      this.#files = readFiles(this.#folder);
    } catch {
      // There is none, or it is being built.
    }
  }
}

function readFiles(folder: string): ReadonlyMap<string, StaticFile> {
  const files = new Map<string, StaticFile>();
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    const type = TYPES[extname(entry.name)];
    if (!entry.isFile() || type === undefined || files.size >= MAX_FILES) continue;
    const bytes = readFileSync(path);
    const tag = `"${createHash("sha256").update(bytes).digest("base64url").slice(0, 22)}"`;
    const url = relative(folder, path).split(sep).map(encodeURIComponent).join("/");
    files.set(`/${url}`, { bytes, type, tag, isHashed: HASHED_NAME.test(entry.name) });
  }
  return files;
}

function send(request: IncomingMessage, response: ServerResponse, { bytes, type, tag, isHashed }: StaticFile): void {
  const headers = {
    "Cache-Control": isHashed ? "public, max-age=31536000, immutable" : "no-cache",
    ETag: tag,
    ...pageHeaders(type),
  };
  const known = (request.headers["if-none-match"] ?? "").split(",").map((one) => one.trim().replace(/^W\//, ""));
  if (known.includes(tag)) return void response.writeHead(304, headers).end();
  response.writeHead(200, { ...headers, "Content-Type": type, "Content-Length": bytes.byteLength });
  response.end(request.method === "HEAD" ? undefined : bytes);
}

/** An SVG that is opened by itself is a page, too. */
function pageHeaders(type: string): Readonly<Record<string, string>> {
  return /html|svg/.test(type)
    ? { "Content-Security-Policy": PAGE_POLICY, "Cross-Origin-Opener-Policy": "same-origin" }
    : {};
}

const NOT_BUILT = `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>millrace</title></head>
<body>
<h1>millrace runs</h1>
<p>Its dashboard has not been built. In the folder of millrace, run <code>npm run build</code>, and load this page again.</p>
<p>The API is there: <a href="/openapi.json">its description</a>, <a href="/api/v1/server">the server</a>,
<a href="/api/v1/broadcasts">broadcasts</a>, <a href="/metrics">metrics</a>.</p>
</body>
</html>
`;

function sendNotBuilt(request: IncomingMessage, response: ServerResponse): void {
  const type = "text/html; charset=utf-8";
  response.writeHead(200, {
    "Cache-Control": "no-store",
    "Content-Type": type,
    "Content-Length": Buffer.byteLength(NOT_BUILT),
    ...pageHeaders(type),
  });
  response.end(request.method === "HEAD" ? undefined : NOT_BUILT);
}
