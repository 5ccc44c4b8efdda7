import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { AmfEcmaArray, AmfObject } from "../../formats/amf/amf-value.ts";
import { createStatus, decodeStatus, levelOf, STATUS_LEVEL } from "./status.ts";

test("a status has the level of its code, and its members in the usual order", () => {
  deepEqual(Object.entries(createStatus("NetStream.Publish.Start", "x is now published.", { details: "x" })), [
    ["level", "status"],
    ["code", "NetStream.Publish.Start"],
    ["description", "x is now published."],
    ["details", "x"],
  ]);
  equal(createStatus("NetStream.Publish.BadName", "").level, "error");
  equal(createStatus("NetStream.Play.InsufficientBW", "").level, "warning");
});

test("every code is of a family, and every refusal is an error", () => {
  for (const [code, level] of Object.entries(STATUS_LEVEL)) {
    equal(/^(NetConnection|NetStream|SharedObject|Application)\.[A-Z]/.test(code), true);
    if (/Rejected|Denied|Failed|BadName|NotFound|Invalid|No[A-Z]\w*Access/.test(code)) equal(level, "error", code);
  }
});

test("a status is read from an object or an ECMA array, with what is missing filled in", () => {
  const members: [string, string][] = [
    ["code", "NetStream.Play.Failed"],
    ["details", "x"],
  ];
  for (const info of [new AmfObject(members), new AmfEcmaArray(members)]) {
    deepEqual(decodeStatus(info), { level: "error", code: "NetStream.Play.Failed", description: "", info });
  }
  equal(decodeStatus(new AmfObject([["level", "error"]])), undefined);
  equal(decodeStatus(new AmfObject([["code", 404]])), undefined);
  equal(decodeStatus("NetStream.Play.Failed"), undefined);
  equal(decodeStatus(null), undefined);
});

test("a level that was sent counts, and unknown codes are no errors", () => {
  const info = new AmfObject([
    ["level", "status"],
    ["code", "NetStream.Play.Failed"],
  ]);
  equal(decodeStatus(info)?.level, "status");
  equal(levelOf("App.Anything"), "status");
  equal(levelOf("constructor"), "status");
});
