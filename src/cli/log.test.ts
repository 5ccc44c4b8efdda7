import { deepEqual, equal, match, ok } from "node:assert/strict";
import { test } from "node:test";
import type { LogConfig } from "../server/config.ts";
import type { Output } from "./context.ts";
import { createLog } from "./log.ts";

function written(
  options: LogConfig,
  isTTY: boolean,
  use: (log: ReturnType<typeof createLog>) => void,
  worker?: number,
): string {
  let text = "";
  const output: Output = {
    isTTY,
    hasColors: false,
    write(line) {
      text += line;
    },
  };
  use(createLog(options, output, worker));
  return text;
}

test("JSON has one object a line, with the level by name and the time in ISO form", () => {
  const text = written({ level: "info", format: "json" }, true, (log) => {
    log.info({ address: "192.0.2.1:5", bytes: 7 }, "closed");
    log.error({ err: new Error("broken") }, "failed");
  });
  const [first, second] = text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
  match(first.time, /^\d{4}-\d\d-\d\dT.*Z$/);
  deepEqual({ ...first, time: "" }, { level: "info", time: "", address: "192.0.2.1:5", bytes: 7, msg: "closed" });
  equal(second.err.message, "broken");
});

test("lines of a worker have its number", () => {
  for (const format of ["json", "pretty"] as const) {
    const text = written({ level: "info", format }, false, (log) => log.info({ bytes: 7 }, "closed"), 2);
    match(text, /"worker":2,"bytes":7/);
  }
});

test("what is less important than the level is left out", () => {
  const text = written({ level: "warn", format: "json" }, false, (log) => {
    log.debug({}, "one");
    log.info({}, "two");
    log.warn({}, "three");
    log.error({}, "four");
  });
  deepEqual(
    text
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line).msg),
    ["three", "four"],
  );
});

test("auto writes for people on a terminal and JSON elsewhere", () => {
  const use = (log: ReturnType<typeof createLog>): void => log.info({ bytes: 7 }, "closed");
  match(
    written({ level: "info", format: "auto" }, true, use),
    /^\[\d\d:\d\d:\d\d\.\d{3}\] INFO: closed \{"bytes":7\}\n$/,
  );
  ok(written({ level: "info", format: "auto" }, false, use).startsWith("{"));
  match(written({ level: "info", format: "pretty" }, false, use), /INFO: closed/);
});

test("a peer's words cannot steer the terminal", () => {
  const text = written({ level: "info", format: "pretty" }, true, (log) => {
    log.info({ app: "a\u001b[2Jb" }, "c\u001b]0;d\u0007\u009be");
  });
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
  equal(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/.test(text), false);
  ok(text.includes("b"));
});
