import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { Reporter, type ReporterOptions } from "./reporter.ts";

function reporterOn(options: ReporterOptions = {}, isTTY = false) {
  let written = "";
  const output = {
    isTTY,
    hasColors: false,
    write(text: string) {
      written += text;
    },
  };
  return { reporter: new Reporter(output, options), written: () => written };
}

test("lines in words", () => {
  const { reporter, written } = reporterOn();
  reporter.note("connected", "connected");
  reporter.warn("slow");
  reporter.error("refused");
  reporter.progress("0:00:01", {});
  reporter.end();
  equal(written(), "connected\nwarning: slow\nerror: refused\n0:00:01\n");
});

test("lines of JSON", () => {
  const { reporter, written } = reporterOn({ json: true }, true);
  reporter.note("connected", "connected", { server: "rtmp://a/live" });
  reporter.warn("slow");
  reporter.progress("0:00:01", { timeMs: 1000 });
  reporter.error("refused", { code: "x" });
  deepEqual(
    written()
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line)),
    [
      { event: "connected", server: "rtmp://a/live" },
      { event: "warning", message: "slow" },
      { event: "progress", timeMs: 1000 },
      { event: "error", message: "refused", code: "x" },
    ],
  );
});

test("on a terminal, progress is one line, which other lines take the place of", () => {
  const { reporter, written } = reporterOn({}, true);
  reporter.progress("1", {});
  reporter.progress("2", {});
  reporter.warn("slow");
  reporter.progress("3", {});
  reporter.end();
  reporter.end();
  equal(written(), "\r\u001b[K1\r\u001b[K2\r\u001b[Kwarning: slow\n\r\u001b[K3\n");
});

test("quiet leaves warnings and errors", () => {
  const { reporter, written } = reporterOn({ quiet: true });
  reporter.note("connected", "connected");
  reporter.progress("1", {});
  reporter.warn("slow");
  equal(written(), "warning: slow\n");
});

test("what the library logs is told when it is wanted", () => {
  const silent = reporterOn();
  silent.reporter.log.debug({}, "opened");
  equal(silent.written(), "");
  const { reporter, written } = reporterOn({ verbose: true });
  reporter.log.debug({ remote: "1.2.3.4:1935" }, "opened");
  reporter.log.warn({ err: new Error("cut") }, "failed");
  equal(written(), 'debug: opened remote="1.2.3.4:1935"\nwarning: failed error="cut"\n');
});

test("keys and passwords are left out, and are no part of other words", () => {
  const { reporter, written } = reporterOn({ secrets: ["a", "s3c+ret?x=(1)", ""], verbose: true });
  reporter.error("refused: a for s3c+ret?x=(1) at live");
  reporter.log.debug({ key: "a" }, "opened");
  equal(written(), 'error: refused: … for … at live\ndebug: opened key="…"\n');
  const json = reporterOn({ secrets: ["hidden"], json: true });
  json.reporter.error("no hidden key");
  equal(json.written(), '{"event":"error","message":"no … key"}\n');
});

test("what a server says does not steer the terminal", () => {
  const { reporter, written } = reporterOn({}, true);
  reporter.error("refused: \u001b[31mred\u202e");
  equal(written(), "error: refused: \ufffd[31mred\ufffd\n");
});
