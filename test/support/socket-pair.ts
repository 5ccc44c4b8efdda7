import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import type { TestContext } from "node:test";
import { portOf } from "./listening-port.ts";

/** The two ends of a TCP connection over loopback: one that was accepted, and its client. They end with the test. */
export async function socketPair(context: TestContext): Promise<{ readonly socket: Socket; readonly client: Socket }> {
  const server = createServer({ allowHalfOpen: true });
  const accepted = once(server, "connection") as Promise<[Socket]>;
  const client = connect(await portOf(server), "127.0.0.1");
  const [[socket]] = await Promise.all([accepted, once(client, "connect")]);
  context.after(() => {
    server.close();
    for (const each of [socket, client]) each.destroy();
  });
  return { socket, client };
}
