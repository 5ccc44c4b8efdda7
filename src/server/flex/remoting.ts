import type { FlexCaller } from "./flex-caller.ts";

/**
 * Methods by name: functions, which get the parameters as plain values, or what `method` makes, which gets the caller
 * first and checks the parameters by schemas.
 */
export type ServiceMethods = Readonly<Record<string, ServiceMethod>>;

/** A function of any parameters, or a method with schemas. */
export type ServiceMethod = ((...parameters: never[]) => unknown) | CheckedMethod;

/** What `method([…schemas], handler)` gives. */
export type CheckedMethod = {
  readonly handler: (caller: FlexCaller, ...parameters: never[]) => unknown;
  readonly schemas: readonly object[] | undefined;
  readonly restSchema: object | undefined;
};

export type RemotingOptions = {
  /** Only for those who logged in. @default false */
  readonly needsLogin?: boolean;
};

/**
 * A service whose methods clients call. With a function instead of the methods, each call gets those that the function
 * returns for its caller. What a method returns, or the promise of it, is the answer; throw a `FlexFault` to refuse.
 */
export function remoting<Methods extends object>(
  methods: (Methods & ServiceMethods) | ((caller: FlexCaller) => Methods & ServiceMethods),
  options: RemotingOptions = {},
): RemotingDestination<Methods> {
  return new RemotingDestination(methods, options);
}

/** A service of the server. `Methods` is for types: what clients see. */
export class RemotingDestination<Methods extends object> {
  readonly options: RemotingOptions;
  readonly #methods: (Methods & ServiceMethods) | ((caller: FlexCaller) => Methods & ServiceMethods);

  constructor(
    methods: (Methods & ServiceMethods) | ((caller: FlexCaller) => Methods & ServiceMethods),
    options: RemotingOptions,
  ) {
    this.#methods = methods;
    this.options = options;
  }

  /** The method that a caller means; undefined for what is none of the service's own. */
  methodFor(caller: FlexCaller, name: string): ServiceMethod | undefined {
    const methods = typeof this.#methods === "function" ? this.#methods(caller) : this.#methods;
    return Object.hasOwn(methods, name) ? methods[name] : undefined;
  }
}
