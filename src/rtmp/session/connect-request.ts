import { type AmfValue, hasMembers } from "../../formats/amf/amf-value.ts";
import type { Command } from "../message/command.ts";
import { decodeCapabilities } from "./capabilities.ts";
import type { ConnectEvent } from "./server-events.ts";
import { normalizePath, splitQuery } from "./stream-name.ts";

/** Reads the command object of `connect`; whatever is missing is empty. RTMP 1.0 section 7.2.1.1. */
export function decodeConnectRequest(command: Command): ConnectEvent {
  const { commandObject, transactionId } = command;
  // `tcurl`, and a URL in single quotes, were seen from encoders: docs/interop.md.
  const tcUrl = unquote(text(commandObject, "tcUrl") || text(commandObject, "tcurl"));
  const { name, query } = splitQuery(text(commandObject, "app") || appOfUrl(tcUrl));
  return {
    kind: "connect",
    transactionId,
    app: normalizePath(name),
    appQuery: query,
    tcUrl,
    flashVersion: text(commandObject, "flashVer") || text(commandObject, "flashver"),
    pageUrl: text(commandObject, "pageUrl"),
    swfUrl: text(commandObject, "swfUrl"),
    objectEncoding: hasMembers(commandObject) && commandObject.get("objectEncoding") === 3 ? 3 : 0,
    capabilities: decodeCapabilities(commandObject),
    command,
  };
}

function text(object: AmfValue, key: string): string {
  const value = hasMembers(object) ? object.get(key) : undefined;
  return typeof value === "string" ? value : "";
}

function unquote(url: string): string {
  return url.length >= 2 && url.startsWith("'") && url.endsWith("'") ? url.slice(1, -1) : url;
}

/** What stands behind the host: `rtmp://host:1935/live/instance?query` is of `live/instance?query`. */
function appOfUrl(url: string): string {
  return /^[a-z]+:\/\/[^/]*\/(.*)$/i.exec(url)?.[1] ?? "";
}
