import { type AmfEncodable, type AmfValue, hasMembers } from "../../formats/amf/amf-value.ts";
import type { Command, OutgoingCommand } from "../message/command.ts";
import { type Capabilities, decodeCapabilities, encodeCapabilities, RELAY_CAPABILITIES } from "./capabilities.ts";
import type { ConnectedEvent, ConnectRejectedEvent } from "./client-events.ts";
import { decodeStatus } from "./status.ts";

export type ConnectOptions = {
  /** Without the host: `live`, `live/instance`. Authentication data goes in here, and in `tcUrl`, behind a `?`. */
  readonly app: string;
  readonly tcUrl: string;
  /** 3 for AMF3, which the server may decline. @default 0 */
  readonly objectEncoding?: 0 | 3;
  /** @default "LNX 9,0,124,2" */
  readonly flashVersion?: string;
  /** @default CLIENT_CAPABILITIES */
  readonly capabilities?: Capabilities;
  /** Further members of the command object: `swfUrl`, `pageUrl`, `type`, …; they replace those of the same name. */
  readonly members?: Readonly<Record<string, AmfEncodable>>;
  /** What the application wants to be told, behind the command object. */
  readonly args?: readonly AmfEncodable[];
};

/** What a client says that passes media on without decoding it: every codec. */
export const CLIENT_CAPABILITIES: Capabilities = {
  ...RELAY_CAPABILITIES,
  audioCodecs: 0x0fff,
  videoCodecs: 0x00ff,
  videoFunction: 1,
};

/** RTMP 1.0 section 7.2.1.1. */
export function createConnectCommand(options: ConnectOptions): OutgoingCommand & { readonly name: "connect" } {
  const { app, tcUrl, objectEncoding = 0, flashVersion = "LNX 9,0,124,2", args = [] } = options;
  const commandObject = {
    app,
    flashVer: flashVersion,
    tcUrl,
    fpad: false,
    capabilities: 15,
    ...encodeCapabilities(options.capabilities ?? CLIENT_CAPABILITIES),
    objectEncoding,
    ...options.members,
  };
  return { name: "connect", commandObject, args };
}

/** The answer to `connect`. Servers leave out much of it, and some refuse by a `_result` with the level "error". */
export function decodeConnectAnswer(command: Command, askedEncoding: 0 | 3): ConnectedEvent | ConnectRejectedEvent {
  const { name, commandObject: properties, args } = command;
  const information = args[0];
  const status = decodeStatus(information);
  if (name === "_error" || status?.level === "error") {
    const { code = "NetConnection.Connect.Failed", description = "" } = status ?? {};
    return { kind: "connect-rejected", code, description, redirectUrl: redirectOf(information), information };
  }
  const serverVersion = memberOf(properties, "fmsVer");
  return {
    kind: "connected",
    objectEncoding: askedEncoding === 3 && memberOf(information, "objectEncoding") === 3 ? 3 : 0,
    capabilities: decodeCapabilities(hasCapabilities(information) ? information : properties),
    serverVersion: typeof serverVersion === "string" ? serverVersion : "",
    properties,
    information,
  };
}

/** Where the information of a refusal sends the client: code 302 of Adobe's servers. */
export function redirectOf(information: AmfValue): string | undefined {
  const redirect = memberOf(memberOf(information, "ex"), "redirect");
  return typeof redirect === "string" ? redirect : undefined;
}

function hasCapabilities(value: AmfValue): boolean {
  const members = ["capsEx", "fourCcList", "videoFourCcInfoMap", "audioFourCcInfoMap"];
  return members.some((member) => memberOf(value, member) !== undefined);
}

function memberOf(value: AmfValue, key: string): AmfValue {
  return hasMembers(value) ? value.get(key) : undefined;
}
