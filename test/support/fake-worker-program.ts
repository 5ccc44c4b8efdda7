import { createServer, type Socket } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { SupervisorMessage, WorkerListener, WorkerMessage } from "../../src/workers/messages.ts";
import type { FakeWorkerSettings } from "./fake-workers.ts";

// A worker without a server: it says what a test makes it say, on a socket of its own, and tells the test what it hears.

/** Where there is none to be had from whoever listened first. */
const FIRST_PORT = 4711;

const heard: SupervisorMessage[] = [];
const tests = new Set<Socket>();
let settings: FakeWorkerSettings = { folder: "" };

process.on("message", (message: SupervisorMessage) => {
  heard.push(message);
  for (const test of tests) test.write(`${JSON.stringify(message)}\n`);
  if (message.kind === "start") start(message);
  else if (message.kind === "reload") say({ kind: "reloaded", ...settings.reloaded });
  else if (message.kind === "stop" || (message.kind === "drain" && settings.drains !== false)) say({ kind: "stopped" });
});
process.on("disconnect", () => {
  if (settings.isStubborn !== true) process.exit(0);
});

function start({ settings: given, worker, ports, link }: SupervisorMessage & { kind: "start" }): void {
  settings = given as FakeWorkerSettings;
  const start = settings.starts?.[worker - 1] ?? "listens";
  if (start === "exits") process.exit(7);
  if (start === "fails")
    say({ kind: "failed", reason: "cannot listen on 127.0.0.1:1: it is taken" }, () => process.exit(1));
  if (start !== "listens") return;
  const port = ports?.[0] ?? FIRST_PORT;
  const listeners: WorkerListener[] = [{ protocol: "rtmp", host: "127.0.0.1", port, accepts: ["rtmp"] }];
  const control = createServer((socket) => {
    tests.add(socket);
    socket.on("error", () => {});
    for (const message of heard) socket.write(`${JSON.stringify(message)}\n`);
    createInterface({ input: socket }).on("line", (line) => say(JSON.parse(line) as WorkerMessage));
  });
  const path = join(settings.folder, `${process.pid}`);
  // The test is over, and its folder gone.
  control.on("error", () => process.exit(1));
  control.listen({ path, exclusive: true }, () => say({ kind: "ready", listeners, link }));
}

function say(message: WorkerMessage, said: () => void = () => {}): void {
  process.send?.(message, said);
}
