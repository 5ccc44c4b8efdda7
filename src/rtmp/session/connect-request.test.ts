import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { AmfObject, type AmfValue } from "../../formats/amf/amf-value.ts";
import { decodeConnectRequest } from "./connect-request.ts";
import type { ConnectEvent } from "./server-events.ts";

function request(members: Readonly<Record<string, AmfValue>>): ConnectEvent {
  const commandObject = new AmfObject(Object.entries(members));
  return decodeConnectRequest({ name: "connect", transactionId: 1, commandObject, args: [], unreadable: undefined });
}

test("the application is without query and slashes, and the query as it was sent", () => {
  for (const [app, name, query] of [
    ["live", "live", ""],
    ["/live/", "live", ""],
    ["live//inst/?a=b+c==&d=%2F", "live/inst", "a=b+c==&d=%2F"],
    ["live?authmod=adobe&user=U", "live", "authmod=adobe&user=U"],
  ] as const) {
    const event = request({ app });
    deepEqual([event.app, event.appQuery], [name, query]);
  }
});

test("an application that is missing is taken from the URL", () => {
  deepEqual(request({ tcUrl: "rtmp://host:1935/live/inst?x=1" }).app, "live/inst");
  deepEqual(request({ tcUrl: "rtmp://host" }).app, "");
  deepEqual(request({}).app, "");
});

test("odd spellings of the members are understood", () => {
  const event = request({ app: "live", tcurl: "'rtmp://host/live'", flashver: "FMLE/3.0", pageUrl: "http://page" });
  deepEqual([event.tcUrl, event.flashVersion, event.pageUrl], ["rtmp://host/live", "FMLE/3.0", "http://page"]);
});

test("values of other types count as missing", () => {
  const event = request({ app: 5, tcUrl: undefined, flashVer: null, objectEncoding: "3", swfUrl: undefined });
  deepEqual([event.app, event.tcUrl, event.flashVersion, event.swfUrl, event.objectEncoding], ["", "", "", "", 0]);
});

test("object encodings are AMF0 unless AMF3 was asked for", () => {
  equal(request({ objectEncoding: 3 }).objectEncoding, 3);
  equal(request({ objectEncoding: 0 }).objectEncoding, 0);
  equal(request({ objectEncoding: 7 }).objectEncoding, 0);
});

test("a connect without a command object has nothing to say", () => {
  const event = decodeConnectRequest({
    name: "connect",
    transactionId: 1,
    commandObject: null,
    args: ["x"],
    unreadable: undefined,
  });
  deepEqual([event.app, event.tcUrl, event.capabilities.fourCcList, event.command.args], ["", "", undefined, ["x"]]);
});
