import { equal } from "node:assert/strict";
import { test } from "node:test";
import { formatAddress } from "./address.ts";

test("IPv4, names, IPv6 in brackets, and mapped IPv4 as what it is", () => {
  equal(formatAddress("192.0.2.1", 1935), "192.0.2.1:1935");
  equal(formatAddress("example.org", 80), "example.org:80");
  equal(formatAddress("::1", 1935), "[::1]:1935");
  equal(formatAddress("fe80::1%eth0", 1935), "[fe80::1%eth0]:1935");
  equal(formatAddress("::ffff:192.0.2.1", 443), "192.0.2.1:443");
  equal(formatAddress("::FFFF:192.0.2.1", 443), "192.0.2.1:443");
  equal(formatAddress("::ffff:1", 443), "[::ffff:1]:443");
});
