import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { parseListenAddress } from "./config-listen.ts";

const READABLE: readonly (readonly [string, string, number])[] = [
  ["1935", "::", 1935],
  [":1935", "::", 1935],
  [" 1935 ", "::", 1935],
  ["0", "::", 0],
  ["65535", "::", 65535],
  ["127.0.0.1:25300", "127.0.0.1", 25300],
  ["0.0.0.0:1935", "0.0.0.0", 1935],
  ["localhost:1935", "localhost", 1935],
  ["live-1.example.org:1935", "live-1.example.org", 1935],
  ["[::1]:1935", "::1", 1935],
  ["[::]:1935", "::", 1935],
  ["[fe80::1%eth0]:1935", "fe80::1%eth0", 1935],
];

for (const [text, host, port] of READABLE) {
  test(`${JSON.stringify(text)} is ${host}, port ${port}`, () => {
    deepEqual(parseListenAddress(text), { host, port });
  });
}

for (const text of [
  "",
  ":",
  "localhost",
  "127.0.0.1",
  "65536",
  ":-1",
  "1935x",
  "::1:1935",
  "[::1]",
  "[::g]:1935",
  "[127.0.0.1]:1",
  "a b:1",
  "rtmp://h:1",
]) {
  test(`${JSON.stringify(text)} is no address to listen on`, () => {
    equal(parseListenAddress(text), undefined);
  });
}
