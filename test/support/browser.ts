import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { chromium, type Page } from "playwright-core";
import { rolldown } from "rolldown";
import type { CleanUp } from "./peer-process.ts";
import { requirePeer } from "./require-peer.ts";

/** What a server hands out, by path. */
export type PageFiles = Readonly<Record<string, { readonly type: string; readonly body: string | Uint8Array }>>;

/** Opens a page, or `/` of a server with these files, in Debian's Chromium. Self-signed certificates are accepted. */
export async function openPage(owner: CleanUp, page: string | PageFiles): Promise<Page> {
  const address = typeof page === "string" ? page : await serveFiles(owner, page);
  const browser = await chromium.launch({ executablePath: requirePeer("chromium"), args: ["--no-sandbox"] });
  owner.after(() => browser.close());
  const context = await browser.newContext({ ignoreHTTPSErrors: true });
  const opened = await context.newPage();
  opened.setDefaultTimeout(30_000);
  await opened.goto(address);
  return opened;
}

/** A module and all that it imports, as one module for browsers. */
export async function bundle(file: string): Promise<string> {
  const root = join(import.meta.dirname, "../..");
  const build = await rolldown({ input: join(root, file), platform: "browser", cwd: root });
  const { output } = await build.generate({ format: "esm", minify: true });
  await build.close();
  const [chunk, ...more] = output;
  if (more.length > 0 || chunk.imports.length > 0) {
    throw new Error(`the bundle of ${file} is not whole: ${chunk.imports.join(", ")}`);
  }
  return chunk.code;
}

async function serveFiles(owner: CleanUp, files: PageFiles): Promise<string> {
  const server = createServer(({ url = "/" }, response) => {
    const file = files[url];
    if (file === undefined) response.writeHead(404).end();
    else response.writeHead(200, { "Content-Type": file.type }).end(file.body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  owner.after(async () => {
    server.close();
    server.closeAllConnections();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}
