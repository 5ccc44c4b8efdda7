import { ProtocolError } from "../../errors.ts";
import { createRegistry } from "../../formats/amf/class-alias.ts";
import { connect } from "../connect.ts";
import { FlexChannel } from "./flex-channel.ts";
import { type FlexConnectOptions, flexConnectOptions } from "./flex-connect.ts";

/**
 * Connects to a Flex messaging server: `rtmp://host[:port]`, with any scheme that `connect` takes. Rejects as `connect`
 * does, with a `StatusError` when the server refuses.
 */
export async function connectFlex(url: string, options: FlexConnectOptions = {}): Promise<FlexChannel> {
  const connection = await connect(url, flexConnectOptions(options));
  const { classes = [], endpoint } = options;
  if (connection.server.objectEncoding === 3) return new FlexChannel(connection, createRegistry(classes), endpoint);
  void connection.close();
  throw new ProtocolError("amf.marker", "the server speaks no AMF3, and so no Flex messaging");
}
