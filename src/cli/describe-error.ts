import { ProtocolError, REMEDIES } from "../errors.ts";
import type { ReportDetails } from "./reporter.ts";

/** What ended a command, for people. An error of the protocol says what to do, once. */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (!(error instanceof ProtocolError) || error.message.includes(REMEDIES[error.code])) return error.message;
  return `${error.message}. ${REMEDIES[error.code]}`;
}

/** The same for programs: a stable code, where there is one. */
export function errorDetails(error: unknown): ReportDetails {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return code === undefined ? {} : { code };
}
