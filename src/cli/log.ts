import { type LoggerOptions, pino, stdTimeFunctions } from "pino";
import { prettyFactory } from "pino-pretty";
import type { LogConfig } from "../server/config.ts";
import type { Log } from "../server/log.ts";
import type { Output } from "./context.ts";

/**
 * Writes lines for people or JSON objects, one a line, as `log.level` and `log.format` of the configuration say. Each has the
 * number of the worker, where it comes from one.
 */
export function createLog(options: LogConfig, output: Output, worker?: number): Log {
  const isPretty = options.format === "pretty" || (options.format === "auto" && output.isTTY);
  const logger = pino(
    { level: options.level, base: worker === undefined ? undefined : { worker }, ...(isPretty ? {} : JSON_FIELDS) },
    { write: isPretty ? prettyWriter(output) : (line: string): void => output.write(line) },
  );
  return {
    debug: (details, message) => logger.debug(details, message),
    info: (details, message) => logger.info(details, message),
    warn: (details, message) => logger.warn(details, message),
    error: (details, message) => logger.error(details, message),
  };
}

const JSON_FIELDS: LoggerOptions = {
  timestamp: stdTimeFunctions.isoTime,
  formatters: { level: (label) => ({ level: label }) },
};

function prettyWriter(output: Output): (line: string) => void {
  const format = prettyFactory({
    colorize: output.hasColors,
    translateTime: "SYS:HH:MM:ss.l",
    singleLine: true,
  });
  return (line) => output.write(format(withoutControls(line)));
}

/** A peer's words must not steer the terminal: escape sequences in a line of JSON become replacement characters. */
function withoutControls(line: string): string {
  return line.replaceAll(/\\u00[01][0-9a-f]/gi, "\\ufffd").replaceAll(/[\u007f-\u009f]/g, "\ufffd");
}
