/** millrace: RTMP server and client for Node.js. What most programs need; the parts have entries of their own. */
export * from "./client/index.ts";
export { ProtocolError, type ProtocolErrorCode, REMEDIES } from "./errors.ts";
export * from "./server/index.ts";
