import { equal } from "node:assert/strict";
import { test } from "node:test";
import { networkOf } from "./network-of.ts";

for (const [remoteAddress, network] of [
  ["192.0.2.1:1935", "192.0.2.1"],
  ["memory:1", "memory"],
  ["[2001:db8:1:2:3:4:5:6]:50000", "2001:db8:1:2::/64"],
  ["[2001:db8:1:2::9]:50001", "2001:db8:1:2::/64"],
  ["[2001:db8::9]:1", "2001:db8:0:0::/64"],
  ["[::1]:1", "0:0:0:0::/64"],
  ["[fe80::1%eth0]:1", "fe80:0:0:0::/64"],
] as const) {
  test(`${remoteAddress} is of ${network}`, () => equal(networkOf(remoteAddress), network));
}
