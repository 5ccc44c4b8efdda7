import type { AmfEncodable } from "../../formats/amf/amf-value.ts";
import type { AmfClass } from "../../formats/amf/class-alias.ts";
import type { FeatureDecision, ServerCallOptions } from "../feature.ts";
import type { ConnectionInfo } from "../hooks.ts";
import type { Method, MethodTree, SignaturesOf } from "./method.ts";
import type { OutputOf, StandardSchema } from "./schema.ts";

/** What an application keeps, and what its clients can do: `application<{ state: { name: string } }>("chat", …)`. */
export type ApplicationShape = {
  /** Of each connection. */
  readonly state?: unknown;
  /** Of each instance, while it has clients. */
  readonly instanceState?: unknown;
  /** Methods of the clients, as functions. */
  readonly clientMethods?: object;
};

/** A client of an application. */
export type ApplicationClient<Shape extends ApplicationShape = NoShape> = {
  /** Unique in the server's life, as in its log. */
  readonly id: string;
  readonly info: ConnectionInfo;
  /** The application's own; made by `state`. */
  readonly state: StateOf<Shape>;
  readonly instance: ApplicationInstance<Shape>;
  /** False until it has been accepted, and as soon as its end has been decided. */
  readonly isOpen: boolean;
  /** 3 if values go to it as AMF3. */
  readonly objectEncoding: 0 | 3;
  /** Bytes that wait because the client does not read. */
  readonly unsentBytes: number;
  /** Aborted when the client has gone. */
  readonly signal: AbortSignal;
  /**
   * Calls a method of the client. The types are what the client's program promises; a hostile one answers anything, so
   * check what matters by `callWith`. Rejects with a `StatusError` when the client answers `_error`, and otherwise with
   * a `ProtocolError`: `timeout.answer`, `connection.closed`, `session.call-limit`, `amf.encode`.
   */
  call<Name extends ClientMethodName<Shape>>(
    name: Name,
    ...args: ClientArguments<Shape, Name>
  ): Promise<ClientResult<Shape, Name>>;
  /** The same with options. With `result` the answer is checked: a `CallError` if it is not as it should be. */
  callWith<
    Name extends ClientMethodName<Shape>,
    Schema extends StandardSchema = StandardSchema<ClientResult<Shape, Name>>,
  >(options: ClientCallOptions<Schema>, name: Name, ...args: ClientArguments<Shape, Name>): Promise<OutputOf<Schema>>;
  /** Calls a method of the client without wanting an answer. Does nothing when it has gone. `amf.encode` for what AMF cannot carry. */
  notify<Name extends ClientMethodName<Shape>>(name: Name, ...args: ClientArguments<Shape, Name>): void;
  /** Ends the connection when the client had time to read the reason. */
  disconnect(reason: string): void;
};

export type ClientCallOptions<Schema extends StandardSchema = StandardSchema> = ServerCallOptions & {
  /** Checks the result. */
  readonly result?: Schema;
};

/** Clients that see each other: those of `chat/room1`. Exists while it has any. */
export type ApplicationInstance<Shape extends ApplicationShape = NoShape> = {
  /** What stands behind the application's name; `_definst_` for clients that name none. */
  readonly name: string;
  /** The application's own; made by `instanceState`. */
  readonly state: InstanceStateOf<Shape>;
  readonly clients: ReadonlySet<ApplicationClient<Shape>>;
  /** Calls a method of all clients without wanting answers. What they get is encoded once. `amf.encode` for what AMF cannot carry. */
  notify<Name extends ClientMethodName<Shape>>(name: Name, ...args: ClientArguments<Shape, Name>): void;
  /** The same for all but one. */
  notifyOthers<Name extends ClientMethodName<Shape>>(
    except: ApplicationClient<Shape>,
    name: Name,
    ...args: ClientArguments<Shape, Name>
  ): void;
};

/** An application of the server: give it to `createMediaServer({ applications: [chat] })`. */
export type Application<Shape extends ApplicationShape = NoShape, Methods = object> = {
  readonly name: string;
  /** Of all instances. */
  readonly clients: ReadonlySet<ApplicationClient<Shape>>;
  /** Those that have clients. */
  readonly instances: Iterable<ApplicationInstance<Shape>>;
  /** Undefined while it has no clients. @default the instance of those that name none */
  instance(name?: string): ApplicationInstance<Shape> | undefined;
  /** Adds methods, and returns the same application with their types. Throws for a name that is taken or not possible. */
  methods<More extends MethodTree<ApplicationClient<Shape>>>(methods: More): Application<Shape, Methods & More>;
  /** Calls a method of the clients of all instances without wanting answers. What they get is encoded once. `amf.encode` for what AMF cannot carry. */
  notifyAll<Name extends ClientMethodName<Shape>>(name: Name, ...args: ClientArguments<Shape, Name>): void;
  /** For types only; never set. */
  readonly [TYPES]?: { readonly shape: Shape; readonly methods: Methods };
};

/** Any application, whatever its types. */
export type AnyApplication = Pick<Application, "name" | "instances">;

export type ApplicationOptions<Shape extends ApplicationShape, Methods> = {
  /** For applications without `Shape`; else call `methods` on the application: TypeScript infers all types or none. */
  readonly methods?: Methods;
  /**
   * May the client connect? It gets what it gave to `connect`: as plain values, or checked if this is a `method`.
   * Nothing can be sent to it yet. @default everybody may
   */
  readonly onConnect?: ConnectFunction<Shape> | Method<ApplicationClient<Shape>, never[], ConnectDecision>;
  /** The client has been accepted, and is in its instance. */
  onConnected?(client: ApplicationClient<Shape>): void | Promise<void>;
  /** A client that was accepted has gone, and is in its instance no more; `reason` in words. */
  onDisconnect?(client: ApplicationClient<Shape>, reason: string): void | Promise<void>;
  /** Classes that travel in calls; known to the whole server. */
  readonly classes?: readonly AmfClass[];
  /** How long a method may take, in milliseconds, looked at twice a second; Infinity for no limit. @default 30_000 */
  readonly callTimeoutMs?: number;
} & (Shape extends { readonly state: infer State } ? { readonly state: () => State } : { readonly state?: undefined }) &
  (Shape extends { readonly instanceState: infer State }
    ? { readonly instanceState: (instanceName: string) => State }
    : { readonly instanceState?: undefined });

export type ConnectFunction<Shape extends ApplicationShape> = (
  client: ApplicationClient<Shape>,
  ...args: unknown[]
) => ConnectDecision | Promise<ConnectDecision>;

/** Nothing said allows. */
// biome-ignore lint/suspicious/noConfusingVoidType: a function that returns nothing allows.
export type ConnectDecision = FeatureDecision | undefined | void;

/** The methods of an application as functions, for `connection.methodsOf<MethodsOf<typeof chat>>()`. */
export type MethodsOf<Served> = Served extends { readonly [TYPES]?: { readonly methods: infer Methods } }
  ? SignaturesOf<Methods>
  : never;

/** The methods that an application expects of its clients, for `clientMethods<ClientMethodsOf<typeof chat>>(…)`. */
export type ClientMethodsOf<Served> = Served extends { readonly [TYPES]?: { readonly shape: infer Shape } }
  ? ClientMethodsIn<Shape>
  : never;

declare const TYPES: unique symbol;

// biome-ignore lint/complexity/noBannedTypes: an application that keeps nothing.
export type NoShape = {};

export type StateOf<Shape> = Shape extends { readonly state: infer State } ? State : undefined;

export type InstanceStateOf<Shape> = Shape extends { readonly instanceState: infer State } ? State : undefined;

type ClientMethodsIn<Shape> = Shape extends { readonly clientMethods: infer Methods extends object }
  ? Methods
  : Readonly<Record<string, (...args: AmfEncodable[]) => unknown>>;

export type ClientMethodName<Shape> = keyof ClientMethodsIn<Shape> & string;

export type ClientArguments<Shape, Name extends ClientMethodName<Shape>> = ClientMethodsIn<Shape>[Name] extends (
  ...args: infer Arguments
) => unknown
  ? Arguments
  : never;

export type ClientResult<Shape, Name extends ClientMethodName<Shape>> = ClientMethodsIn<Shape>[Name] extends (
  ...args: never[]
) => infer Result
  ? Awaited<Result>
  : never;
