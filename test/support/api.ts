import { ok } from "node:assert/strict";
import { type IncomingHttpHeaders, request } from "node:http";
import { connect, type Socket } from "node:net";
import { text } from "node:stream/consumers";
import type { TestContext } from "node:test";
import { type ApiServer, type ApiServerOptions, createApiServer } from "../../src/api/index.ts";
import { type FakeMonitor, fakeMonitor } from "./fake-monitor.ts";

export type TestApi = {
  readonly server: ApiServer;
  readonly monitor: FakeMonitor;
  readonly port: number;
  /** Sends the path as it stands. */
  ask(path: string, options?: AskOptions): Promise<Answer>;
  /** A socket, for what no client of HTTP would send. */
  socket(): Socket;
};

type AskOptions = {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
};

export type Answer = {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
};

export const TOKEN = "a-token-for-tests-0123456789";

/** The API of a pretended server, on loopback, until the test ends. */
export async function startApi(
  t: TestContext,
  options: Partial<ApiServerOptions> & { readonly monitor?: FakeMonitor } = {},
): Promise<TestApi> {
  const monitor = options.monitor ?? fakeMonitor();
  const server = createApiServer({ listen: { host: "127.0.0.1", port: 0 }, ...options, monitor });
  t.after(() => server.stop());
  await server.start();
  const port = server.address?.port;
  ok(port !== undefined);
  return {
    server,
    monitor,
    port,
    ask: (path, ask = {}) => askAt(port, path, ask),
    socket() {
      const socket = connect(port, "127.0.0.1");
      socket.on("error", () => {});
      t.after(() => socket.destroy());
      return socket;
    },
  };
}

async function askAt(port: number, path: string, { method = "GET", headers = {}, body }: AskOptions): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const asked = request({ host: "127.0.0.1", port, path, method, headers, agent: false }, (response) => {
    text(response).then((all) => {
      resolve({ status: response.statusCode ?? 0, headers: response.headers, text: all });
    }, reject);
  });
  asked.on("error", reject);
  asked.end(body);
  return await promise;
}

export function bearer(token: string = TOKEN): { readonly authorization: string } {
  return { authorization: `Bearer ${token}` };
}
