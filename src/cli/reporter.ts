import type { ClientLog } from "../client/log.ts";
import { type Output, styleFor } from "./context.ts";

export type ReporterOptions = {
  /** One JSON object a line. @default words */
  readonly json?: boolean;
  /** Errors and warnings only. @default false */
  readonly quiet?: boolean;
  /** What the client library logs. @default false */
  readonly verbose?: boolean;
  /** Words that must not be shown: passwords and stream keys. */
  readonly secrets?: readonly string[];
};

/** Of a JSON line; the event names what it says. */
export type ReportDetails = Readonly<Record<string, unknown>>;

const HIDDEN = "…";
const CLEAR_LINE = "\r\u001b[K";

/**
 * Tells on standard error what a command does: lines in words or in JSON, and progress, which on a terminal is one line
 * that is written anew. What peers say steers no terminal, and secrets are left out.
 */
export class Reporter {
  /** For the client library. */
  readonly log: ClientLog;
  readonly #output: Output;
  readonly #options: ReporterOptions;
  readonly #secrets: readonly RegExp[];
  #hasProgress = false;

  constructor(output: Output, options: ReporterOptions = {}) {
    this.#output = output;
    this.#options = options;
    this.#secrets = (options.secrets ?? []).filter((secret) => secret !== "").map(wholeWord);
    this.log = {
      debug: (details, message) => this.#logLine("debug", message, details),
      warn: (details, message) => this.#logLine("warning", message, details),
    };
  }

  /** On a terminal, progress may be renewed often. */
  get progressIntervalMs(): number {
    if (this.#options.json === true) return 1000;
    return this.#output.isTTY ? 500 : 10_000;
  }

  note(text: string, event: string, details: ReportDetails = {}): void {
    if (this.#options.quiet !== true) this.#write(text, event, details);
  }

  warn(text: string, details: ReportDetails = {}): void {
    this.#write(`warning: ${text}`, "warning", { message: text, ...details });
  }

  error(text: string, details: ReportDetails = {}): void {
    this.#write(`error: ${text}`, "error", { message: text, ...details });
  }

  /** Replaces the progress before. */
  progress(text: string, details: ReportDetails): void {
    if (this.#options.quiet === true) return;
    if (this.#options.json === true || !this.#output.isTTY) return this.#write(text, "progress", details);
    this.#output.write(`${CLEAR_LINE}${styleFor(this.#output)("dim", this.#printable(text))}`);
    this.#hasProgress = true;
  }

  /** Leaves the last progress where it is. To be called before the command ends. */
  end(): void {
    if (this.#hasProgress) this.#output.write("\n");
    this.#hasProgress = false;
  }

  #logLine(level: "debug" | "warning", message: string, details: object): void {
    if (this.#options.verbose !== true) return;
    const { err, ...others } = details as { readonly err?: unknown };
    const fields = { ...others, ...(err instanceof Error && { error: err.message }) };
    const text = Object.entries(fields).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
    this.#write([`${level}: ${message}`, ...text].join(" "), "log", { level, message, ...fields });
  }

  #write(text: string, event: string, details: ReportDetails): void {
    const line =
      this.#options.json === true ? this.#redact(JSON.stringify({ event, ...details })) : this.#printable(text);
    this.#output.write(`${this.#hasProgress ? CLEAR_LINE : ""}${line}\n`);
    this.#hasProgress = false;
  }

  /** Lines stay lines; whatever else would steer a terminal becomes a replacement character. */
  #printable(text: string): string {
    return this.#redact(text).replaceAll(/[^\P{C}\n]|[\p{Zl}\p{Zp}]/gu, "\ufffd");
  }

  #redact(text: string): string {
    return this.#secrets.reduce((redacted, secret) => redacted.replaceAll(secret, HIDDEN), text);
  }
}

/** A key such as "a" is no part of other words. */
function wholeWord(secret: string): RegExp {
  return new RegExp(`(?<![\\p{L}\\p{N}_])${escapeRegExp(secret)}(?![\\p{L}\\p{N}_])`, "gu");
}

function escapeRegExp(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
}
