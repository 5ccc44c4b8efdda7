/**
 * A server and a page that plays from it: the browser needs no plugin. Publish H.264, and open the address that is printed.
 * Usage: node examples/07-watch-in-browser.ts [port] [page-port]
 */
import { createReadStream } from "node:fs";
import { createServer } from "node:http";
import { extname } from "node:path";
import { createMediaServer } from "millrace";

const [port = 1935, pagePort = 8080] = process.argv.slice(2).map(Number);
const server = createMediaServer({ listen: [{ host: "127.0.0.1", port }], log: console });
await server.start();

// What a bundler would do for a page of yours: everything that it imports comes from the package's dist folder.
const page = new URL("browser/", import.meta.url);
const library = new URL("..", import.meta.resolve("millrace/browser"));
const types: Record<string, string> = { ".html": "text/html", ".js": "text/javascript" };
const pages = createServer((request, response) => {
  const [path = ""] = (request.url ?? "").slice(1).split("?");
  if (/\.\.|[^\w./-]/.test(path)) return response.writeHead(404).end();
  const inLibrary = path.startsWith("millrace/") ? path.slice("millrace/".length) : undefined;
  const file =
    inLibrary === undefined ? new URL(`./${path || "index.html"}`, page) : new URL(`./${inLibrary}`, library);
  const stream = createReadStream(file);
  stream.on("error", () => response.writeHead(404).end());
  stream.on("open", () => response.writeHead(200, { "Content-Type": types[extname(file.pathname)] ?? "text/plain" }));
  return stream.pipe(response);
});
pages.listen(pagePort, "127.0.0.1", () => {
  const address = pages.address();
  const [listener] = server.listeners;
  if (address === null || typeof address === "string" || listener === undefined) return;
  console.log(`publish to rtmp://127.0.0.1:${listener.port}/live/test`);
  console.log(`open http://127.0.0.1:${address.port}/?url=ws://127.0.0.1:${listener.port}/live/test`);
});
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => void server.drain().then(() => process.exit()));
