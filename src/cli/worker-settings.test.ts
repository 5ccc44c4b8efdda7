import { deepEqual } from "node:assert/strict";
import { test } from "node:test";
import { hex } from "../bytes/hex.ts";
import { resolveConfig } from "../server/config-settings.ts";
import { decodeServerSettings, encodeServerSettings } from "./worker-settings.ts";

test("settings reach a worker as they are", () => {
  const { config } = resolveConfig([]);
  const hash = Buffer.from(hex`00ff10`);
  const settings = { config, allowedSwf: [{ hash, byteLength: 5 }], users: new Map([["ada", "secret"]]) };
  deepEqual(decodeServerSettings(JSON.parse(JSON.stringify(encodeServerSettings(settings)))), settings);
  const few = { config, allowedSwf: [] };
  deepEqual(decodeServerSettings(JSON.parse(JSON.stringify(encodeServerSettings(few)))), few);
});
