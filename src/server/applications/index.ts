/** Applications: methods that clients call, and clients that are called. */
export { application } from "./application.ts";
export type {
  AnyApplication,
  Application,
  ApplicationClient,
  ApplicationInstance,
  ApplicationOptions,
  ApplicationShape,
  ClientCallOptions,
  ClientMethodsOf,
  ConnectDecision,
  MethodsOf,
} from "./application-types.ts";
export { CallError, type CallErrorDetails } from "./call-error.ts";
export {
  type ArgumentSchemas,
  type Method,
  type MethodCall,
  type MethodTree,
  method,
  type RestSchema,
  rest,
} from "./method.ts";
export type { StandardSchema } from "./schema.ts";
