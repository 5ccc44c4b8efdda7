import type { FlexFaultDetails } from "../../client/flex/flex-fault.ts";
import type { AmfEncodable, AmfValue } from "../../formats/amf/amf-value.ts";
import type { ExternalizableRegistry } from "../../formats/amf/externalizable.ts";
import type { Log } from "../log.ts";
import type { FlexDestination, FlexLimits, FlexLogin, FlexTimeouts } from "./flex-options.ts";
import type { CheckedMethod, ServiceMethod } from "./remoting.ts";

/** What the parts of the broker share. */
export type BrokerContext = {
  readonly destinations: ReadonlyMap<string, FlexDestination>;
  readonly login: FlexLogin | undefined;
  readonly configuration: AmfEncodable;
  readonly limits: FlexLimits;
  readonly timeouts: FlexTimeouts;
  readonly log: Log;
  /** Milliseconds of a clock that never goes back. */
  readonly nowMs: () => number;
  /** Classes that travel in calls and their results. */
  readonly registry: ExternalizableRegistry;
  readonly methods: MethodTools;
};

/** What is known elsewhere of methods with schemas: features of the server do not know each other. */
export type MethodTools = {
  /** Whether it is a `CheckedMethod`. */
  isChecked(method: ServiceMethod): boolean;
  /** What the handler gets behind the caller; throws what `faultOf` knows. */
  check(
    name: string,
    method: CheckedMethod,
    parameters: readonly AmfValue[],
    registry: ExternalizableRegistry,
  ): readonly unknown[] | Promise<readonly unknown[]>;
  /** For errors by which a method refuses; undefined for all others. */
  faultOf(error: unknown): FlexFaultDetails | undefined;
};
