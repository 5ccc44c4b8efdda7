import type { AmfEncodeOptions } from "../../formats/amf/amf-output.ts";
import type { AmfEncodable } from "../../formats/amf/amf-value.ts";
import { encodeCommand } from "../../rtmp/message/command.ts";
import type { Message } from "../../rtmp/message/message.ts";
import type { ConnectedClient } from "./connected-client.ts";

/**
 * Calls a method of many clients without wanting answers: the message is encoded once for AMF0 and once for AMF3, and
 * shared. A client that does not read is closed by the limit of its connection. `amf.encode` before anything was sent.
 */
export function notifyClients(
  clients: Iterable<ConnectedClient>,
  name: string,
  args: readonly AmfEncodable[],
  except?: ConnectedClient,
): void {
  const receivers = Array.from(clients).filter((client) => client !== except && client.isOpen);
  const messages = new Map<AmfEncodeOptions, Message>();
  for (const { encoding } of receivers) {
    if (!messages.has(encoding)) messages.set(encoding, encodeCommand({ name, args }, 0, encoding));
  }
  for (const client of receivers) {
    const message = messages.get(client.encoding);
    if (message !== undefined) client.send(message);
  }
}
