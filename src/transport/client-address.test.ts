import { equal } from "node:assert/strict";
import { IncomingMessage } from "node:http";
import { Socket } from "node:net";
import { test } from "node:test";
import { AddressList } from "./address-list.ts";
import { clientAddressOf, forwardedAddress } from "./client-address.ts";
import { setOrigin } from "./socket-origin.ts";

const PROXIES = new AddressList(["10.0.0.0/8", "fd00::/8"]);

test("the last address that is no proxy's counts", () => {
  for (const [header, own, expected] of [
    ["192.0.2.7", "10.0.0.1:80", "192.0.2.7:0"],
    ["192.0.2.7, 10.0.0.2", "10.0.0.1:80", "192.0.2.7:0"],
    ["6.6.6.6, 192.0.2.7 , 10.0.0.2", "10.0.0.1:80", "192.0.2.7:0"],
    ["10.6.6.6, 192.0.2.7", "10.0.0.1:80", "192.0.2.7:0"],
    ["2001:db8::1", "[fd00::1]:80", "[2001:db8::1]:0"],
    ["[2001:db8::1]:50000", "10.0.0.1:80", "[2001:db8::1]:50000"],
    ["192.0.2.7:50000", "10.0.0.1:80", "192.0.2.7:50000"],
    ["::ffff:192.0.2.7", "10.0.0.1:80", "192.0.2.7:0"],
  ] as const) {
    equal(forwardedAddress(header, own, PROXIES), expected, header);
  }
});

test("nobody but a proxy is believed", () => {
  equal(forwardedAddress("192.0.2.7", "198.51.100.1:5000", PROXIES), "198.51.100.1:5000");
  equal(forwardedAddress("192.0.2.7", "[2001:db8::1]:5000", PROXIES), "[2001:db8::1]:5000");
});

test("what is no address ends the search at the proxy that wrote it", () => {
  for (const header of [
    "",
    "unknown",
    "192.0.2.7, unknown",
    "192.0.2.7, _hidden",
    "192.0.2.7,",
    "[192.0.2.7",
    "1.2.3.4:x",
  ]) {
    equal(forwardedAddress(header, "10.0.0.1:80", PROXIES), "10.0.0.1:80", header);
  }
  equal(forwardedAddress("unknown, 10.0.0.2", "10.0.0.1:80", PROXIES), "10.0.0.2:0");
});

test("proxies all the way: the first of them counts", () => {
  equal(forwardedAddress("10.0.0.3, 10.0.0.2", "10.0.0.1:80", PROXIES), "10.0.0.3:0");
});

test("a request's client is that of its connection, or what a believed proxy says", () => {
  const socket = new Socket();
  const request = new IncomingMessage(socket);
  equal(clientAddressOf(request), "unknown:0");
  request.headers = { "x-forwarded-for": "192.0.2.7" };
  equal(clientAddressOf(request), "unknown:0");
  setOrigin(socket, { remoteAddress: "10.0.0.1:80", accept: new Set(), forwardedFrom: PROXIES });
  equal(clientAddressOf(request), "192.0.2.7:0");
  request.headers = {};
  equal(clientAddressOf(request), "10.0.0.1:80");
});
