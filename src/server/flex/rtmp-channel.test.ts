import { deepEqual, equal, match, ok } from "node:assert/strict";
import { test } from "node:test";
import { TestBroker } from "../../../test/support/flex-broker.ts";
import { type AmfEncodable, AmfExternalizable, AmfObject } from "../../formats/amf/amf-value.ts";
import { decodeFlexMessage } from "../../formats/flex/message-codec.ts";
import type { ServerClient } from "../feature.ts";
import type { FlexLimits } from "./flex-options.ts";
import { RtmpChannel } from "./rtmp-channel.ts";

/** A connection whose reading the test decides. */
function create(limits: Partial<FlexLimits> = {}) {
  const server = new TestBroker({ limits });
  const sent: string[] = [];
  const client = {
    info: { remoteAddress: "192.0.2.1:1" },
    isOpen: true,
    objectEncoding: 3 as 0 | 3,
    unsentBytes: 0,
    notify(name: string, [value]: readonly AmfEncodable[]) {
      const message =
        value instanceof AmfObject || value instanceof AmfExternalizable ? decodeFlexMessage(value) : null;
      sent.push(`${name} ${String(message?.body)} ${value instanceof AmfExternalizable ? value.className : "full"}`);
    },
    resolveCall: (id: number) => void sent.push(`_result ${id}`),
    rejectCallWith: (id: number, value: AmfEncodable) => {
      const message = value instanceof AmfObject ? decodeFlexMessage(value) : undefined;
      sent.push(`_error ${id} ${message?.kind === "error" ? message.faultCode : "?"}`);
    },
    close: (reason: string) => void sent.push(`close ${reason}`),
  };
  const channel = new RtmpChannel(client as unknown as ServerClient, server.broker, null);
  const push = (body: string, byteLength = 100) =>
    channel.push({ message: () => ({ kind: "async", body }), byteLength, expiresAtMs: Number.POSITIVE_INFINITY });
  return { server, client, channel, sent, push };
}

test("what is pushed goes out at once while the client reads", () => {
  const { channel, sent, push } = create();
  push("a");
  channel.session.messagingVersion = 1;
  push("b");
  deepEqual(sent, ["receive a full", "receive b DSA"]);
});

test("while the client does not read, 64 KiB go ahead, and the rest waits in order until it has", () => {
  const { client, channel, sent, push } = create();
  const kilobytes = (count: number) => count * 1024;
  push("a", kilobytes(32));
  client.unsentBytes = 1;
  push("b", kilobytes(32));
  push("c", kilobytes(1));
  push("d", 1);
  equal(sent.length, 2);
  client.unsentBytes = 0;
  push("e");
  equal(sent.length, 2, "nothing overtakes");
  channel.drained();
  deepEqual(sent.slice(2), ["receive c full", "receive d full", "receive e full"]);
});

test("long messages go out one by one, each when the one before is read", () => {
  const { client, channel, sent, push } = create();
  client.unsentBytes = 1;
  for (const body of ["a", "b"]) push(body, 100_000);
  client.unsentBytes = 0;
  const { notify } = client;
  client.notify = (name, values) => {
    notify(name, values);
    client.unsentBytes = 100_000;
  };
  channel.drained();
  deepEqual(sent, ["receive a full"]);
  client.unsentBytes = 0;
  channel.drained();
  deepEqual(sent, ["receive a full", "receive b full"]);
});

test("a client that never reads loses the oldest, and the log says so once", () => {
  const { server, client, channel, sent, push } = create({ maxBacklogMessages: 2 });
  client.unsentBytes = 1;
  for (const body of ["a", "b", "c", "d"]) push(body);
  equal(server.log.length, 1);
  match(server.log[0] ?? "", /the oldest messages for it are dropped/);
  client.unsentBytes = 0;
  channel.drained();
  deepEqual(sent, ["receive c full", "receive d full"]);
});

test("or its connection, if so chosen", () => {
  const { client, sent, push } = create({ maxBacklogMessages: 2, fullBacklog: "close" });
  client.unsentBytes = 1;
  for (const body of ["a", "b", "c"]) push(body);
  deepEqual(sent, ["close the Flex client does not read what it subscribed to"]);
});

test("nothing is pushed to a client that is not in yet, or not any more", () => {
  const { client, channel, sent, push } = create();
  client.isOpen = false;
  push("a");
  channel.drained();
  deepEqual(sent, []);
});

test("a call without a message, and one that cannot be read, are answered so", async () => {
  const { channel, sent } = create();
  const call = { kind: "call", name: "", streamId: 0 } as const;
  await channel.receive({ ...call, transactionId: 1, args: [] });
  await channel.receive({ ...call, transactionId: 2, args: [new AmfObject()] });
  await channel.receive({ ...call, transactionId: 3, args: [], unreadable: "amf.externalizable" });
  await channel.receive({ ...call, transactionId: 4, args: [], unreadable: "amf.limit" });
  deepEqual(sent, [
    "_error 1 Client.Message.Encoding",
    "_error 2 Client.Message.Encoding",
    "_error 3 Client.Message.Deserialize.InvalidType",
    "_error 4 Client.Message.Encoding",
  ]);
});

test("what cannot be sent harms nobody but the log", () => {
  const { server, client, push } = create();
  client.notify = () => {
    throw new Error("no AMF");
  };
  push("a");
  ok(server.log.some((line) => line.startsWith("error a Flex message could not be sent")));
});
