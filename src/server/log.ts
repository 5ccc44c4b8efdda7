/** Where a server or client writes what happened: pino, console, or any object like them. */
export type Log = {
  debug(details: object, message: string): void;
  info(details: object, message: string): void;
  warn(details: object, message: string): void;
  error(details: object, message: string): void;
};

/** Writes nothing: the default of the embedded server. */
export const silentLog: Log = { debug() {}, info() {}, warn() {}, error() {} };
