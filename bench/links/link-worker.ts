// A worker of a measurement of links, as a process or as a thread.

import { parentPort } from "node:worker_threads";
import { FlushSink } from "./flush-sink.ts";
import { LinkLoad } from "./link-load.ts";
import { openReceiver } from "./link-receiver.ts";
import { openSender } from "./link-sender.ts";
import type { LinkAnswer, LinkRequest } from "./link-worker-messages.ts";

const sink = new FlushSink();
let load: LinkLoad | undefined;

if (parentPort === null) {
  process.on("message", (request: LinkRequest) => void answer(request).then((given) => process.send?.(given)));
  process.once("disconnect", () => process.exit());
} else {
  parentPort.on(
    "message",
    (request: LinkRequest) => void answer(request).then((given) => parentPort?.postMessage(given)),
  );
}

async function answer(request: LinkRequest): Promise<LinkAnswer> {
  switch (request.kind) {
    case "send":
      load = new LinkLoad(request.broadcasts, await openSender(request));
      return { kind: "done" };
    case "receive":
      await openReceiver(request, sink);
      return { kind: "done" };
    case "run":
      load?.run();
      return { kind: "done" };
    case "take":
      return {
        kind: "figures",
        processCpuSeconds: seconds(process.cpuUsage()),
        threadCpuSeconds: seconds(process.threadCpuUsage()),
        messages: load?.messages ?? 0,
        received: load === undefined ? sink.take() : undefined,
      };
  }
}

function seconds({ user, system }: { readonly user: number; readonly system: number }): number {
  return (user + system) / 1e6;
}
