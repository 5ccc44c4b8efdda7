import { deepEqual } from "node:assert/strict";
import { test } from "node:test";
import { ProtocolError } from "../errors.ts";
import { failedConnection, refusedConnection, tooManyConnections } from "./connection-event.ts";

const remoteAddress = "192.0.2.1:5";

test("a refusal names its limit, or what the other processes say", () => {
  const told = { kind: "connection-refused", level: "warning", remoteAddress };
  deepEqual(tooManyConnections(remoteAddress, { limit: 3 }), {
    ...told,
    text: "Too many connections: one was refused (the limit is 3).",
  });
  deepEqual(tooManyConnections(remoteAddress, { reason: "limits.maxConnections is 3" }), {
    ...told,
    text: "Too many connections: one was refused (limits.maxConnections is 3).",
  });
});

test("a failure has its code, and what can be done about it", () => {
  const error = new ProtocolError("chunk.header", "a chunk continues nothing");
  deepEqual(failedConnection(error, { remoteAddress, connection: "7", protocol: "rtmp" }), {
    kind: "connection-failed",
    level: "warning",
    text: `A chunk continues nothing. ${error.remedy}`,
    code: "chunk.header",
    remoteAddress,
    connection: "7",
    protocol: "rtmp",
  });
  deepEqual(failedConnection(new TypeError("oops"), { remoteAddress }), {
    kind: "connection-failed",
    level: "error",
    text: "A connection was ended by an unexpected error of the server: its log tells more.",
    remoteAddress,
  });
});

test("a refusal by the application says of what", () => {
  deepEqual(refusedConnection("not today", { id: "7", remoteAddress, app: "live" }, "rtmps"), {
    kind: "connection-refused",
    level: "warning",
    text: "A client may not connect to live: not today.",
    connection: "7",
    remoteAddress,
    protocol: "rtmps",
  });
});
