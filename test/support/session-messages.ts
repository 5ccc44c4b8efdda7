import { type AmfEncodable, describeAmf } from "../../src/formats/amf/index.ts";
import { decodeCommand, encodeCommand } from "../../src/rtmp/message/command.ts";
import { decodeUserControl, describeUserControl } from "../../src/rtmp/message/control.ts";
import { decodeData } from "../../src/rtmp/message/data.ts";
import { type Message, MessageType } from "../../src/rtmp/message/message.ts";

/** A command as a client sends it, in AMF0. */
export function command(streamId: number, name: string, transactionId: number, ...args: AmfEncodable[]): Message {
  return encodeCommand({ name, transactionId, args }, streamId);
}

/** `connect` to the app "live", with these members beside it. */
export function connect(members: Readonly<Record<string, AmfEncodable>> = {}, transactionId = 1): Message {
  const commandObject = { app: "live", tcUrl: "rtmp://localhost/live", ...members };
  return encodeCommand({ name: "connect", transactionId, commandObject }, 0);
}

export function media(type: "audio" | "video", streamId: number, timestamp: number, payload: Uint8Array): Message {
  return { type: type === "audio" ? MessageType.Audio : MessageType.Video, streamId, timestamp, payload };
}

/** A line a message: stream id, name, transaction id and arguments; for `onStatus` level and code only. */
export function lines(messages: readonly Message[]): string[] {
  return messages.map(line);
}

function line(message: Message): string {
  switch (message.type) {
    case MessageType.UserControl: {
      const control = decodeUserControl(message.payload);
      return control === undefined ? "user-control ?" : describeUserControl(control);
    }
    case MessageType.Data: {
      const data = decodeData(message);
      return [message.streamId, "data", data?.name, ...(data?.values ?? []).map((value) => describeAmf(value))].join(
        " ",
      );
    }
    case MessageType.Command:
    case MessageType.CommandAmf3:
      return commandLine(message);
    default:
      return `type ${message.type}`;
  }
}

function commandLine(message: Message): string {
  const { name, transactionId, commandObject, args } = decodeCommand(message);
  const [info] = args;
  const { level, code } = Object.fromEntries(
    info instanceof Object && "members" in info ? (info.members as Map<string, unknown>) : [],
  );
  const values = typeof code === "string" ? [level, code] : args.map((value) => describeAmf(value));
  const object = commandObject === null ? [] : ["{…}"];
  const type = message.type === MessageType.CommandAmf3 ? ["amf3"] : [];
  return [...type, message.streamId, name, transactionId, ...object, ...values].join(" ");
}
