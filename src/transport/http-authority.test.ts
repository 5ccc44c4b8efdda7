import { equal, throws } from "node:assert/strict";
import { test } from "node:test";
import { httpAuthority } from "./http-authority.ts";

test("a host has its port unless that is the default, and stands in ASCII", () => {
  equal(httpAuthority("example.org", 8080, 80), "example.org:8080");
  equal(httpAuthority("example.org", 80, 80), "example.org");
  equal(httpAuthority("example.org", 443), "example.org:443");
  equal(httpAuthority("192.0.2.1", 443), "192.0.2.1:443");
  equal(httpAuthority("2001:db8::1", 80, 80), "[2001:db8::1]");
  equal(httpAuthority("2001:db8::1", 81, 80), "[2001:db8::1]:81");
  equal(httpAuthority("münchen.example", 80, 80), "xn--mnchen-3ya.example");
});

test("what could break out of a request is no host", () => {
  for (const host of ["a b", "a\r\nX: y", "a/b", "a?b", "a@b", ""]) {
    throws(() => httpAuthority(host, 80), /not a host name/, host);
  }
});
