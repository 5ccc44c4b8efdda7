import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { readEnvironment } from "./config-environment.ts";
import { CONFIG_KEYS, environmentNameOf } from "./config-keys.ts";
import { describeConfigProblem } from "./config-problem.ts";
import { resolveConfig } from "./config-settings.ts";

test("a name is the path in upper snake case, and no two keys share one", () => {
  equal(environmentNameOf("listen"), "MILLRACE_LISTEN");
  equal(environmentNameOf("publish.busyName"), "MILLRACE_PUBLISH_BUSY_NAME");
  equal(environmentNameOf("windowAcknowledgementSize"), "MILLRACE_WINDOW_ACKNOWLEDGEMENT_SIZE");
  equal(new Set([...CONFIG_KEYS.values()].map((key) => key.environment)).size, CONFIG_KEYS.size);
});

test("lists are separated by commas, numbers and choices stand as they are", () => {
  const { settings, problems } = readEnvironment({
    MILLRACE_LISTEN: "1935, 127.0.0.1:2000,[::1]:3000",
    MILLRACE_PUBLISH_BUSY_NAME: "refuse",
    MILLRACE_PUBLISH_GRACE_MS: "0",
    MILLRACE_LOG_LEVEL: "",
    MILLRACE_CONFIG: "millrace.yml",
    MILLRACE_FAST_READ: "off",
    MILLRACE_DIRECT_WRITE: "off",
    HOME: "/",
  });
  deepEqual(problems, []);
  const { config } = resolveConfig(settings);
  deepEqual(config.listen, [
    { host: "::", port: 1935 },
    { host: "127.0.0.1", port: 2000 },
    { host: "::1", port: 3000 },
  ]);
  equal(config.publish.busyName, "refuse");
  equal(config.publish.graceMs, 0);
  equal(config.log.level, "info");
});

test("a wrong value names its variable", () => {
  const { settings } = readEnvironment({ MILLRACE_PUBLISH_GRACE_MS: "1e3", MILLRACE_RTMP: "1935,here" });
  deepEqual(resolveConfig(settings).problems.map(describeConfigProblem), [
    'MILLRACE_PUBLISH_GRACE_MS: publish.graceMs is "1e3", but must be a whole number from 0 to 2147483647',
    "MILLRACE_RTMP: rtmp is \"here\", but must be [way://][host:]port, as 1935, '[::1]:1935' or rtmps://:443, or a list of these",
  ]);
});

test("a key has its older name too, but not both at once", () => {
  const older = resolveConfig(readEnvironment({ MILLRACE_RTMP: "rtmp://:1" }).settings);
  deepEqual(older.config.listen, [{ host: "::", port: 1, accept: ["rtmp"] }]);
  const both = resolveConfig(readEnvironment({ MILLRACE_RTMP: "1", MILLRACE_LISTEN: "2" }).settings);
  deepEqual(both.problems.map(describeConfigProblem), [
    "MILLRACE_RTMP: MILLRACE_RTMP is the older name of MILLRACE_LISTEN: set one of them",
  ]);
});

test("paths begin where the process runs", () => {
  const { settings } = readEnvironment({
    MILLRACE_TLS_CERTIFICATES: "a.pem:a-key.pem, b.pem",
    MILLRACE_TLS_SELF_SIGNED_FOLDER: "tls",
    MILLRACE_SWF_VERIFICATION_ALLOWED: "player.swf",
  });
  const { tls, swfVerification } = resolveConfig(settings).config;
  deepEqual(tls.certificates, [{ certificateFile: "a.pem", keyFile: "a-key.pem" }, { certificateFile: "b.pem" }]);
  equal(tls.selfSignedFolder, "tls");
  deepEqual(swfVerification.allowed, [{ file: "player.swf" }]);
});

test("a name that sets nothing is told with the nearest one", () => {
  const { problems } = readEnvironment({ MILLRACE_PUBLISH_BUSYNAME: "refuse", MILLRACE_HOME: "/srv" });
  deepEqual(problems.map(describeConfigProblem), [
    "MILLRACE_PUBLISH_BUSYNAME: sets nothing: did you mean MILLRACE_PUBLISH_BUSY_NAME?",
    "MILLRACE_HOME: sets nothing",
  ]);
});

test("what Kubernetes sets beside a service called millrace is passed over", () => {
  const { problems } = readEnvironment({
    MILLRACE_SERVICE_HOST: "10.0.0.1",
    MILLRACE_SERVICE_PORT_RTMP: "1935",
    MILLRACE_PORT: "tcp://10.0.0.1:1935",
    MILLRACE_PORT_1935_TCP_ADDR: "10.0.0.1",
    MILLRACE_EDGE_SERVICE_HOST: "10.0.0.2",
  });
  deepEqual(problems, []);
});
