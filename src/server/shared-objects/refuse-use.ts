import { encodeSharedObject } from "../../rtmp/message/encode-shared-object.ts";
import type { SharedObjectMessage } from "../../rtmp/message/shared-object.ts";
import type { StatusCode } from "../../rtmp/session/status.ts";
import type { ServerClient } from "../feature.ts";

export function hasUse({ events }: SharedObjectMessage): boolean {
  return events.some(({ kind }) => kind === "use");
}

/** Tells a client that it cannot open an object, where no directory is asked. */
export function refuseUse(client: ServerClient, { name, isPersistent }: SharedObjectMessage, code: StatusCode): void {
  const { objectEncoding } = client;
  const events = [{ kind: "status", code, level: "error" }] as const;
  client.send(encodeSharedObject({ name, version: 0, isPersistent, events }, { objectEncoding }));
}
