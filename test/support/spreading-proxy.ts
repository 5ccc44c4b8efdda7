import { Agent, createServer, request as httpRequest } from "node:http";
import type { AddressInfo } from "node:net";
import type { CleanUp } from "./peer-process.ts";

/** An HTTP proxy that hands each request to the next of several servers, as balancers do. Returns its port. */
export async function startSpreadingProxy(owner: CleanUp, ports: readonly number[]): Promise<number> {
  const agent = new Agent({ keepAlive: true });
  let count = 0;
  const server = createServer((request, response) => {
    const { method = "", url = "", headers } = request;
    const onward = httpRequest(
      { host: "127.0.0.1", port: ports[count++ % ports.length] ?? 0, method, path: url, headers, agent },
      (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      },
    );
    onward.on("error", () => response.destroy());
    request.pipe(onward);
  });
  server.listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  owner.after(async () => {
    agent.destroy();
    server.close();
    server.closeAllConnections();
  });
  return (server.address() as AddressInfo).port;
}
