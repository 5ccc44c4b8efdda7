import { ProtocolError, type ProtocolErrorCode, REMEDIES } from "../errors.ts";

/** An error that says in its message what happened and what to do about it. */
export function clientError(code: ProtocolErrorCode, what: string, options?: ErrorOptions): ProtocolError {
  return new ProtocolError(code, `${what}. ${REMEDIES[code]}`, options);
}

/** What the application gets to see of an error on the connection. */
export function withRemedy(error: unknown): Error {
  if (!(error instanceof Error)) return new Error(String(error), { cause: error });
  return error instanceof ProtocolError ? clientError(error.code, error.message, { cause: error }) : error;
}
