import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { type RawData, WebSocketServer } from "ws";
import { z } from "zod";
import { application } from "../../src/server/applications/application.ts";
import { method } from "../../src/server/applications/method.ts";
import { createMediaServer } from "../../src/server/media-server.ts";
import { answerQuestions } from "./child-program.ts";

/** A server that adds two numbers, in a process of its own. */
export type CallsServerQuestions = {
  /** `rtmp`: an application of millrace. `ws`: JSON in WebSockets by the library ws, its arguments checked by the same schemas. */
  readonly start: { readonly details: { readonly kind: CallKind }; readonly answer: { readonly port: number } };
  /** User and system time of all threads since the start of the process. */
  readonly cpuSeconds: { readonly details: undefined; readonly answer: number };
};

export type CallKind = "rtmp" | "ws";

const MAX_CONNECTIONS = 100_000;
const TERMS = [z.number(), z.number()] as const;
const REQUEST = z.object({ id: z.number(), method: z.literal("add"), args: z.tuple(TERMS) });

answerQuestions<CallsServerQuestions>({
  async start({ kind }) {
    return { port: kind === "rtmp" ? await startApplication() : await startWebSockets() };
  },

  cpuSeconds() {
    const { userCPUTime, systemCPUTime } = process.resourceUsage();
    return (userCPUTime + systemCPUTime) / 1e6;
  },
});

async function startApplication(): Promise<number> {
  const server = createMediaServer({
    listen: [{ host: "127.0.0.1", port: 0 }],
    limits: { maxConnections: MAX_CONNECTIONS },
    applications: [application("bench", { methods: { add: method(TERMS, (_client, a, b) => a + b) } })],
  });
  await server.start();
  return server.listeners[0]?.port ?? 0;
}

async function startWebSockets(): Promise<number> {
  const server = new WebSocketServer({ host: "127.0.0.1", port: 0, perMessageDeflate: false });
  server.on("connection", (socket) => {
    socket.on("message", (message: RawData) => {
      const { id, args } = REQUEST.parse(JSON.parse(message.toString()));
      socket.send(JSON.stringify({ id, result: args[0] + args[1] }));
    });
  });
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}
