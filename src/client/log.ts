/** Where a client writes what is worth knowing and needs no action: pino, console, or any object like them. */
export type ClientLog = {
  debug(details: object, message: string): void;
  warn(details: object, message: string): void;
};

export const silentLog: ClientLog = { debug() {}, warn() {} };
