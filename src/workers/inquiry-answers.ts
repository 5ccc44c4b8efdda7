import { setImmediate } from "node:timers/promises";
import type { ServerMonitor } from "../server/snapshots.ts";
import type { Inquiry, SupervisorMessage } from "./messages.ts";
import type { SupervisorPort } from "./questions.ts";

/** A piece of an answer: media goes on in between, and no message is long. */
const PIECE_VALUES = 500;

/** Answers the supervisor for people. Never rejects: what fails is found nowhere. */
export async function answerInquiry(
  monitor: ServerMonitor,
  port: SupervisorPort,
  { id, inquiry }: SupervisorMessage & { readonly kind: "inquiry" },
): Promise<void> {
  const values = await find(monitor, inquiry).catch(() => []);
  for (let from = 0; from === 0 || from < values.length; from += PIECE_VALUES) {
    if (from > 0) await setImmediate();
    const isLast = from + PIECE_VALUES >= values.length;
    port.send({ kind: "found", id, values: values.slice(from, from + PIECE_VALUES), isLast });
  }
}

async function find(monitor: ServerMonitor, inquiry: Inquiry): Promise<readonly unknown[]> {
  switch (inquiry.kind) {
    case "server":
      return [await monitor.server()];
    case "broadcasts":
      return await monitor.broadcasts();
    case "connections":
      return await monitor.connections();
    case "broadcast":
      return [await monitor.broadcast(inquiry.name)].filter((broadcast) => broadcast !== undefined);
    case "history":
      return await monitor.history(inquiry.name);
    case "kick":
      return [await monitor.kick(inquiry.connection, inquiry.reason)];
    case "kick-publisher":
      return [await monitor.kickPublisher(inquiry.name, inquiry.reason)];
  }
}
