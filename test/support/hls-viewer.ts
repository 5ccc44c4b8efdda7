import { get, type IncomingHttpHeaders } from "node:http";
import { type ReadPlaylist, readPlaylist } from "./hls-walk.ts";

export type HttpAnswer = {
  readonly status: number;
  readonly body: Buffer;
  readonly text: string;
  readonly headers: IncomingHttpHeaders;
};

/** Asks for a path as it is written (`fetch` would tidy it up), on a connection of its own; rejects where that is cut. */
export function httpGet(port: number, path: string, headers: Record<string, string> = {}): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    get({ host: "127.0.0.1", port, path, headers, agent: false }, (response) => {
      const pieces: Buffer[] = [];
      response.on("data", (piece: Buffer) => pieces.push(piece));
      response.once("error", reject);
      response.once("end", () => {
        const body = Buffer.concat(pieces);
        resolve({ status: response.statusCode ?? 0, body, text: body.toString(), headers: response.headers });
      });
    }).once("error", reject);
  });
}

/** A viewer's session of HLS. */
export class HlsViewer {
  readonly #port: number;
  readonly #url: string;
  /** The first playlist. */
  readonly multivariant: string;

  private constructor(port: number, url: string, multivariant: string) {
    this.#port = port;
    this.#url = url;
    this.multivariant = multivariant;
  }

  /** Waits until there is something to play; rejects where there is nothing. */
  static async open(port: number, name = "live/key"): Promise<HlsViewer> {
    const path = `/${name}/index.m3u8`;
    const { status, text } = await httpGet(port, path);
    if (status !== 200) throw new Error(`${status}: ${text}`);
    return new HlsViewer(port, `http://127.0.0.1:${port}${path}`, text);
  }

  /** Path and query of a rendition's playlist: "v0", "a0". */
  pathOf(rendition = "v0"): string {
    const found = new RegExp(`\\b${rendition}-[^"\\s]*`).exec(this.multivariant)?.[0];
    if (found === undefined) throw new Error(`no ${rendition} in\n${this.multivariant}`);
    return pathOf(new URL(found, this.#url).href);
  }

  /** `directives`: "&_HLS_msn=…". */
  async playlist(rendition = "v0", directives = ""): Promise<ReadPlaylist & { readonly text: string }> {
    const path = `${this.pathOf(rendition)}${directives}`;
    const { status, text } = await httpGet(this.#port, path);
    if (status !== 200) throw new Error(`${status}: ${text}`);
    return { text, ...readPlaylist(text, `http://127.0.0.1:${this.#port}${path}`) };
  }

  /** A file that a playlist names. */
  fetch(url: string): Promise<HttpAnswer> {
    return httpGet(this.#port, pathOf(url));
  }
}

export function pathOf(url: string): string {
  const { pathname, search } = new URL(url);
  return `${pathname}${search}`;
}
