/** The HTTP API with the dashboard and metrics. The public entry `millrace/api`. */

export type * from "../server/snapshots.ts";
export { type ApiServer, createApiServer } from "./api-server.ts";
export type { ApiAddress, ApiLimits, ApiServerOptions } from "./options.ts";
