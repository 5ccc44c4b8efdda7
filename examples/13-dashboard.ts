/**
 * A server with its dashboard, and a program that follows what happens on it.
 * Usage: node examples/13-dashboard.ts [port] [dashboard port]
 */
import { createMediaServer } from "millrace";
import { createApiServer } from "millrace/api";

const port = Number(process.argv[2] ?? 1935);
const dashboardPort = Number(process.argv[3] ?? 8081);

const server = createMediaServer({ listen: [{ host: "127.0.0.1", port }] });
await server.start();
const { monitor, media } = server;
const api = createApiServer({
  monitor,
  media,
  picture: (name) => server.picture(name),
  listen: { host: "127.0.0.1", port: dashboardPort },
});
await api.start();
console.log(`publish to rtmp://127.0.0.1:${server.listeners[0]?.port}/live, and see ${api.url}`);

monitor.onEvent(({ text }) => console.log(text));
async function report(): Promise<void> {
  for (const { name, health, viewers } of await monitor.broadcasts()) {
    console.log(`${name}, ${viewers.total} viewers: ${health?.verdict}`);
  }
}

const timer = setInterval(() => void report(), 5000);

process.once("SIGINT", () => {
  clearInterval(timer);
  void server.drain().then(() => api.stop());
});
