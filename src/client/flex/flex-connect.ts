import { encodeUtf8 } from "../../bytes/utf8.ts";
import { Amf3Value, type AmfEncodable } from "../../formats/amf/amf-value.ts";
import { FlexHeader, FlexOperation, NO_FLEX_CLIENT_ID } from "../../formats/flex/message.ts";
import { encodeFlexMessage } from "../../formats/flex/message-codec.ts";
import type { ConnectOptions } from "../options.ts";
import { createFlexId } from "./flex-ids.ts";

export type FlexCredentials = { readonly user: string; readonly password: string };

export type FlexConnectOptions = Omit<ConnectOptions, "objectEncoding" | "args"> & {
  /** Logs in with `connect`: a server that does not let the user in refuses the connection. */
  readonly credentials?: FlexCredentials;
  /** The `id` of an earlier channel, to go on as the same client. */
  readonly flexClientId?: string;
  /** The channel by the server's name for it: BlazeDS and LiveCycle check what may use it. */
  readonly endpoint?: string;
};

/** What `connect` carries for a Flex server: four arguments, of which the last is a command. */
export function flexConnectOptions(options: FlexConnectOptions): ConnectOptions {
  const { credentials, flexClientId = NO_FLEX_CLIENT_ID, endpoint, ...connect } = options;
  const encoded = credentials === undefined ? "" : encodeFlexCredentials(credentials);
  const headers: [string, AmfEncodable][] = [
    [FlexHeader.MessagingVersion, 1],
    [FlexHeader.Id, flexClientId],
  ];
  if (endpoint !== undefined) headers.push([FlexHeader.Endpoint, endpoint]);
  const messageId = createFlexId();
  const ping = encodeFlexMessage({ kind: "command", operation: FlexOperation.ClientPing, messageId, headers }, "full");
  return { ...connect, objectEncoding: 3, args: [false, flexClientId, encoded, new Amf3Value(ping)] };
}

/** `user:password`, as UTF-8 in base64. */
export function encodeFlexCredentials({ user, password }: FlexCredentials): string {
  return btoa(String.fromCharCode(...encodeUtf8(`${user}:${password}`)));
}
