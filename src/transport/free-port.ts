import { createServer } from "node:net";
import { listenError } from "./network-errors.ts";

/** A port on which nobody listens at this moment, at an address or name of this machine. */
export async function findFreePort(host: string): Promise<number> {
  const server = createServer();
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once("error", (error) => reject(listenError(error, host, 0)));
  // Without a host, a machine that has no IPv6 listens on every address of IPv4.
  server.listen({ ...(host !== "::" && { host }), port: 0, exclusive: true }, resolve);
  await promise;
  const bound = server.address();
  await new Promise((done) => server.close(done));
  if (bound === null || typeof bound === "string") throw new Error("the listener has no port");
  return bound.port;
}
