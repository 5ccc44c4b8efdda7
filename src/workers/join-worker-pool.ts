import cluster from "node:cluster";
import type { SupervisorMessage } from "./messages.ts";
import { createMembership, type SupervisorChannel, type WorkerMembership } from "./worker-membership.ts";

/** A terminal sends them to all processes: it is the supervisor that says what they mean. */
const LEFT_TO_SUPERVISOR = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/**
 * For the program that a supervisor starts several times: makes its server one of several that are one to the world. Resolves
 * when the supervisor has said which it is. Signals are left to the supervisor from here on.
 *
 *     const membership = await joinWorkerPool();
 *     await membership.run(createMediaServer({ listen, pool: membership.pool }));
 */
export async function joinWorkerPool(): Promise<WorkerMembership> {
  if (process.send === undefined) throw new Error("joinWorkerPool() is for processes that a supervisor has started");
  // Or `node:cluster` ends this process at once when the supervisor dies.
  if (cluster.worker !== undefined) cluster.worker.exitedAfterDisconnect = true;
  for (const signal of LEFT_TO_SUPERVISOR) process.on(signal, () => {});
  const { promise: started, resolve, reject } = Promise.withResolvers<WorkerMembership>();
  const gone = (): void => reject(new Error("the supervisor has gone before it said anything"));
  process.once("disconnect", gone);
  process.once("message", (message: SupervisorMessage) => {
    process.off("disconnect", gone);
    if (message.kind === "start") resolve(createMembership(message, CHANNEL));
    else reject(new Error(`the supervisor began with "${message.kind}"`));
  });
  return await started;
}

const CHANNEL: SupervisorChannel = {
  send(message) {
    // To one that is gone: `disconnect` tells so.
    if (process.connected) process.send?.(message, undefined, undefined, () => {});
  },
  listen({ onMessage, onGone }) {
    process.on("message", (message: SupervisorMessage) => onMessage(message));
    if (process.connected) process.once("disconnect", onGone);
    else setImmediate(onGone);
  },
};
