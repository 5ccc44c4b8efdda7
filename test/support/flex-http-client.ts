import type { AmfEncodable, AmfValue } from "../../src/formats/amf/amf-value.ts";
import { type AmfPacket, decodeAmfPacket, encodeAmfPacket } from "../../src/formats/flex/amf-packet.ts";
import {
  FlexHeader,
  type FlexMessage,
  FlexOperation,
  NO_FLEX_CLIENT_ID,
  type OutgoingFlexMessage,
} from "../../src/formats/flex/message.ts";
import { decodeFlexMessage, encodeFlexMessage } from "../../src/formats/flex/message-codec.ts";

/** A Flex client by HTTP: it keeps its cookie and its ids as a browser and Flex do. */
export class FlexHttpClient {
  readonly url: string;
  readonly path: string;
  cookie: string | undefined;
  id: string = NO_FLEX_CLIENT_ID;
  /** The answer to the last packet, and its headers. */
  packet: AmfPacket = { version: 3, headers: [], bodies: [] };
  /** The same as it came. */
  bytes: Uint8Array = new Uint8Array();
  response: Response | undefined;
  /** What says that it reads small messages. */
  form: "small" | "full" = "full";
  version: 0 | 3 = 3;

  constructor(port: number, path = "/messagebroker/amf") {
    this.url = `http://127.0.0.1:${port}`;
    this.path = path;
  }

  /** One packet with these messages; the answers, in order. */
  async send(...messages: readonly OutgoingFlexMessage[]): Promise<FlexMessage[]> {
    const bodies = messages.map((message, index) => ({
      targetUri: "null",
      responseUri: `/${index + 1}`,
      value: [encodeFlexMessage({ ...message, headers: this.#headers(message) }, this.form)],
    }));
    await this.post(encodeAmfPacket({ version: this.version, headers: [], bodies }));
    return this.packet.bodies.map(({ value }) => messageOf(value));
  }

  /** The same for one. */
  async ask(message: OutgoingFlexMessage): Promise<FlexMessage> {
    const [answer] = await this.send(message);
    if (answer === undefined) throw new Error("no answer");
    return answer;
  }

  /** Sends bytes. Throws for an answer that is no packet. */
  async post(body: Uint8Array, headers: Record<string, string> = {}): Promise<void> {
    const response = await fetch(`${this.url}${this.path}`, {
      method: "POST",
      body: new Uint8Array(body),
      headers: {
        "Content-Type": "application/x-amf",
        ...(this.cookie !== undefined && { Cookie: this.cookie }),
        ...headers,
      },
    });
    this.response = response;
    const [cookie] = response.headers.getSetCookie();
    if (cookie !== undefined) this.cookie = cookie.split(";", 1)[0];
    const answer = new Uint8Array(await response.arrayBuffer());
    if (response.status !== 200) throw new Error(`${response.status} ${new TextDecoder().decode(answer)}`.trim());
    this.bytes = answer;
    this.packet = decodeAmfPacket(answer);
  }

  async ping(version = 0): Promise<FlexMessage> {
    const headers: [string, AmfEncodable][] = version > 0 ? [[FlexHeader.MessagingVersion, version]] : [];
    const pong = await this.ask({ kind: "command", operation: FlexOperation.ClientPing, messageId: "PING", headers });
    const id = pong.headers.get(FlexHeader.Id);
    if (typeof id === "string") this.id = id;
    return pong;
  }

  async subscribe(destination: string, headers: [string, AmfEncodable][] = []): Promise<FlexMessage> {
    return await this.ask({ kind: "command", operation: FlexOperation.Subscribe, destination, headers });
  }

  /** What a poll brings. */
  async poll(): Promise<FlexMessage[]> {
    const answer = await this.ask({ kind: "command", operation: FlexOperation.Poll });
    if (answer.kind === "error") throw new Error(answer.faultCode);
    return Array.isArray(answer.body) ? answer.body.map(messageOf) : [];
  }

  #headers({ headers = [] }: OutgoingFlexMessage): Iterable<readonly [string, AmfEncodable]> {
    return [...headers, [FlexHeader.Id, this.id]];
  }
}

function messageOf(value: AmfValue): FlexMessage {
  const message = decodeFlexMessage(value);
  if (message === undefined) throw new Error("no message");
  return message;
}
