import type { MessagePort } from "node:worker_threads";
import type { SinkFigures } from "./flush-sink.ts";
import type { LinkWay } from "./link-way.ts";
import type { SharedRing } from "./shared-ring.ts";

/** What a worker is told. Each message is answered by one. */
export type LinkRequest =
  | {
      readonly kind: "send";
      readonly way: LinkWay;
      readonly broadcasts: number;
      /** Of the socket. */
      readonly path: string;
      readonly ring?: SharedRing;
      readonly ports?: readonly MessagePort[];
    }
  | {
      readonly kind: "receive";
      readonly way: LinkWay;
      readonly broadcasts: number;
      /** Which of the receivers it is, from 0. */
      readonly receiver: number;
      readonly path: string;
      readonly ring?: SharedRing;
      readonly port?: MessagePort;
    }
  /** The sender begins. */
  | { readonly kind: "run" }
  | { readonly kind: "take" };

export type LinkAnswer =
  | { readonly kind: "done" }
  | {
      readonly kind: "figures";
      /** Of the whole process since its start, and of the thread that answers. */
      readonly processCpuSeconds: number;
      readonly threadCpuSeconds: number;
      /** What the sender gave to be carried since its start. */
      readonly messages: number;
      /** What the receiver got since the last question. */
      readonly received: SinkFigures | undefined;
    };
