import { deepEqual, equal, throws } from "node:assert/strict";
import { test } from "node:test";
import { isExcepted, type ProxyTarget, parseHttpProxy, proxyFor } from "./proxy-settings.ts";

const HTTP: ProxyTarget = { scheme: "http", host: "live.example.org", port: 80 };
const HTTPS: ProxyTarget = { scheme: "https", host: "live.example.org", port: 443 };

function basic(text: string): string {
  return `Basic ${Buffer.from(text).toString("base64")}`;
}

test("a proxy is a host, with a port, a user and a password or without", () => {
  for (const [text, expected] of [
    ["http://proxy.example:3128", { host: "proxy.example", port: 3128 }],
    ["http://proxy.example/", { host: "proxy.example", port: 80 }],
    ["HTTP://proxy.example", { host: "proxy.example", port: 80 }],
    [" proxy.example:8080 ", { host: "proxy.example", port: 8080 }],
    ["192.0.2.1:8080", { host: "192.0.2.1", port: 8080 }],
    ["http://[2001:db8::1]:8080", { host: "2001:db8::1", port: 8080 }],
    ["http://me@proxy:80", { host: "proxy", port: 80, authorization: basic("me:") }],
    ["me:secret@proxy:1080", { host: "proxy", port: 1080, authorization: basic("me:secret") }],
    ["http://m%40e:p%3A%2fä@proxy", { host: "proxy", port: 80, authorization: basic("m@e:p:/ä") }],
    ["http://me:100%@proxy", { host: "proxy", port: 80, authorization: basic("me:100%") }],
  ] as const) {
    deepEqual(parseHttpProxy(text, "httpProxy"), expected, text);
  }
});

test("what is no HTTP proxy is refused, and its password not repeated", () => {
  for (const [text, message] of [
    ["socks5://me:secret@proxy", /^all_proxy names a proxy for socks5:\/\/, which is not supported\. Write http:/],
    ["https://me:secret@proxy", /names a proxy for https:\/\//],
    ["http://", /^all_proxy is not the address of a proxy\. Write http:\/\/\[user:password@\]host\[:port\], or set/],
    ["", /is not the address of a proxy/],
    ["http://me:secret@proxy:99999", /is not the address of a proxy/],
    ["http://proxy/secret", /is not the address of a proxy/],
    ["http://proxy?secret", /is not the address of a proxy/],
  ] as const) {
    throws(
      () => parseHttpProxy(text, "all_proxy"),
      (error) => error instanceof TypeError && message.test(error.message) && !error.message.includes("secret"),
      text,
    );
  }
});

test("the setting counts more than the environment, and false means none", () => {
  const environment = { http_proxy: "http://other:1", no_proxy: "*" };
  deepEqual(proxyFor(HTTP, "http://mine:2", environment), { host: "mine", port: 2 });
  deepEqual(proxyFor({ ...HTTP, host: "localhost" }, "mine:2", environment), { host: "mine", port: 2 });
  equal(proxyFor(HTTP, false, { http_proxy: "http://other:1" }), undefined);
  throws(() => proxyFor(HTTP, "socks5://mine", environment), /httpProxy names a proxy for socks5/);
});

test("the environment names proxies by scheme, and one for all", () => {
  const proxy = (target: ProxyTarget, environment: Record<string, string>): string | undefined =>
    proxyFor(target, undefined, environment)?.host;
  equal(proxy(HTTP, {}), undefined);
  equal(proxy(HTTP, { http_proxy: "a", https_proxy: "b", all_proxy: "c" }), "a");
  equal(proxy(HTTPS, { http_proxy: "a", https_proxy: "b", all_proxy: "c" }), "b");
  equal(proxy(HTTPS, { HTTPS_PROXY: "b", all_proxy: "c" }), "b");
  equal(proxy(HTTPS, { https_proxy: "b", HTTPS_PROXY: "other" }), "b");
  equal(proxy(HTTPS, { http_proxy: "a" }), undefined);
  equal(proxy(HTTP, { https_proxy: "b" }), undefined);
  equal(proxy(HTTP, { all_proxy: "c", ALL_PROXY: "other" }), "c");
  equal(proxy(HTTPS, { ALL_PROXY: "c" }), "c");
  equal(proxy(HTTP, { http_proxy: " ", ALL_PROXY: "c" }), "c");
  equal(proxy(HTTP, { HTTP_PROXY: "a" }), undefined, "set by a header of a CGI request");
});

test("servers that no_proxy names, and this machine, are reached without a proxy", () => {
  const environment = { http_proxy: "a", no_proxy: "example.org", NO_PROXY: "*" };
  equal(proxyFor(HTTP, undefined, environment), undefined);
  equal(proxyFor({ ...HTTP, host: "example.com" }, undefined, environment)?.host, "a");
  equal(proxyFor(HTTP, undefined, { http_proxy: "a", NO_PROXY: "*" }), undefined);
  equal(proxyFor(HTTP, undefined, { http_proxy: "a", no_proxy: "", NO_PROXY: "*" })?.host, "a");
  for (const host of ["localhost", "LOCALHOST.", "127.0.0.1", "127.1.2.3", "::1", "a.localhost"]) {
    equal(proxyFor({ ...HTTP, host }, undefined, { http_proxy: "a" }), undefined, host);
  }
  equal(proxyFor(HTTP, undefined, { http_proxy: "socks5://a", no_proxy: "*" }), undefined);
});

test("no_proxy names hosts, suffixes, addresses, networks and ports", () => {
  for (const [host, port, exceptions, expected] of [
    ["example.org", 80, "example.org", true],
    ["example.org.", 80, "example.org", true],
    ["EXAMPLE.org", 80, "example.ORG.", true],
    ["a.b.example.org", 80, "example.org", true],
    ["a.example.org", 80, ".example.org", true],
    ["example.org", 80, ".example.org", true],
    ["a.example.org", 80, "*.example.org", true],
    ["myexample.org", 80, "example.org", false],
    ["example.org", 80, "a.example.org", false],
    ["example.org.evil.net", 80, "example.org", false],
    ["example.org", 80, "other, example.org", true],
    ["example.org", 80, "other example.org\tmore", true],
    ["example.org", 80, " , ,", false],
    ["example.org", 80, "", false],
    ["example.org", 80, ".", false],
    ["example.org", 80, "*", true],
    ["example.org", 80, "a, *", true],
    ["example.org", 80, "*a", false],
    ["example.org", 8080, "example.org:8080", true],
    ["a.example.org", 8080, ".example.org:8080", true],
    ["example.org", 80, "example.org:8080", false],
    ["192.0.2.7", 80, "192.0.2.7", true],
    ["192.0.2.7", 80, "192.0.2.7:81", false],
    ["192.0.2.7", 81, "192.0.2.7:81", true],
    ["192.0.2.7", 80, "192.0.2.0/24", true],
    ["192.0.3.7", 80, "192.0.2.0/24", false],
    ["192.0.2.7", 80, "192.0.2.0/33", false],
    ["192.0.2.7", 80, "2.7", false],
    ["192.0.2.7", 80, "*", true],
    ["2001:db8::1", 80, "2001:db8:0::1", true],
    ["2001:db8::1", 80, "[2001:db8::1]", true],
    ["2001:db8::1", 81, "[2001:db8::1]:80", false],
    ["2001:db8::1", 80, "2001:db8::/32", true],
    ["2001:db9::1", 80, "2001:db8::/32", false],
    ["2001:db8::1", 80, "192.0.2.0/24", false],
    ["example.org", 80, "10.0.0.0/8", false],
  ] as const) {
    equal(isExcepted({ host, port }, exceptions), expected, `${host}:${port} in "${exceptions}"`);
  }
});
