import { deepEqual, equal, match, throws } from "node:assert/strict";
import { test } from "node:test";
import { parseApiListen } from "./config-api.ts";
import { checkApi, readTokenFile } from "./config-api-token.ts";
import { describeConfigProblem } from "./config-problem.ts";
import { type ResolvedConfig, resolveConfig, settingFromText } from "./config-settings.ts";

const TOKEN = "0123456789abcdef";
const FILES: Readonly<Record<string, string>> = { token: `${TOKEN}\n`, short: "0123456789abcde" };
const DISK = {
  readFile(path: string): Uint8Array {
    const text = FILES[path];
    if (text === undefined) throw Object.assign(new Error("gone"), { code: "ENOENT" });
    return Buffer.from(text);
  },
};

function resolve(values: Readonly<Record<string, string>>): ResolvedConfig {
  const settings = Object.entries(values).flatMap(
    ([path, text]) => settingFromText(path, text, { kind: "argument", option: path }).settings,
  );
  return resolveConfig(settings);
}

function problemsOf(values: Readonly<Record<string, string>>): string[] {
  const resolved = resolve(values);
  return [...resolved.problems, ...checkApi(resolved, DISK).problems].map(describeConfigProblem);
}

test("the API listens on this machine unless an address is told", () => {
  deepEqual(parseApiListen("8081"), { host: "127.0.0.1", port: 8081 });
  deepEqual(parseApiListen(":9000"), { host: "127.0.0.1", port: 9000 });
  deepEqual(parseApiListen("0.0.0.0:8081"), { host: "0.0.0.0", port: 8081 });
  deepEqual(parseApiListen("[::]:8081"), { host: "::", port: 8081 });
  deepEqual(parseApiListen("media.example.org:80"), { host: "media.example.org", port: 80 });
  equal(parseApiListen("off"), "off");
  for (const text of ["", "on", "localhost", "127.0.0.1", "65536", "[::1:80"])
    equal(parseApiListen(text), undefined, text);
  deepEqual(resolve({}).config.api, { allowedHosts: [], maxBroadcastMetrics: 0 });
});

test("what cannot be is told with its place", () => {
  deepEqual(problemsOf({ "api.listen": "somewhere" }), [
    'api.listen: api.listen is "somewhere", but must be [host:]port, or off',
  ]);
  match(
    problemsOf({ "api.listen": "0.0.0.0:8081" }).join(),
    /^api\.listen: 0\.0\.0\.0:8081 is reached from elsewhere: set/,
  );
  deepEqual(problemsOf({ "api.listen": "0.0.0.0:8081", "api.tokenFile": "token" }), []);
  deepEqual(problemsOf({ "api.listen": "[::1]:8081" }), []);
  deepEqual(problemsOf({ "api.token": TOKEN, "api.tokenFile": "token" }), [
    "api.token: there is api.tokenFile, too: set one of them",
  ]);
  deepEqual(problemsOf({ "api.tokenFile": "nowhere" }), [
    "api.tokenFile: nowhere cannot be read: there is no such file",
  ]);
  match(problemsOf({ "api.tokenFile": "short" }).join(), /^api\.tokenFile: short: .* 16 to 1024 letters/);
  match(problemsOf({ "api.allowedHosts": "http://a" }).join(), /must be a host name/);
});

test("a token that is too short is not repeated", () => {
  const [problem = ""] = problemsOf({ "api.token": "hunter2" });
  match(problem, /16 to 1024/);
  equal(problem.includes("hunter2"), false);
});

test("the token is that of the file, without its end of line; nothing is read where the API is off", () => {
  equal(checkApi(resolve({ "api.tokenFile": "token" }), DISK).token, TOKEN);
  equal(checkApi(resolve({ "api.token": TOKEN }), DISK).token, TOKEN);
  deepEqual(checkApi(resolve({ "api.listen": "off", "api.tokenFile": "nowhere" }), DISK), { problems: [] });
  throws(() => readTokenFile("short", DISK), /^Error: short: /);
});
