import type { AmfEncodable } from "../../formats/amf/amf-value.ts";
import type { AmfClass } from "../../formats/amf/class-alias.ts";
import type {
  AnyApplication,
  Application,
  ApplicationClient,
  ApplicationOptions,
  ApplicationShape,
  ConnectDecision,
  NoShape,
} from "./application-types.ts";
import type { ConnectedClient } from "./connected-client.ts";
import type { Method, MethodTree } from "./method.ts";
import { MethodTable } from "./method-table.ts";
import { notifyClients } from "./notify-clients.ts";
import { RunningInstance } from "./running-instance.ts";

/**
 * An application that clients connect to under `name`, or under `name/instance`. With types of its own:
 * `application<{ state: { name: string } }>("chat", { state: () => ({ name: "" }) }).methods({ … })`.
 */
export function application<
  Shape extends ApplicationShape = NoShape,
  Methods extends MethodTree<ApplicationClient<Shape>> = NoMethods,
>(name: string, options: ApplicationOptions<Shape, Methods>): Application<Shape, Declared<Methods>> {
  const running: unknown = new RunningApplication(name, options as unknown as RunningOptions);
  // Its types are those of the application from here on.
  return running as Application<Shape, Declared<Methods>>;
}

type NoMethods = Record<string, never>;

/** Without a name, rather than every name with nothing behind it. */
type Declared<Methods> = string extends keyof Methods ? object : Methods;

/** The instance of clients that name none, as Adobe's servers call it. */
export const DEFAULT_INSTANCE = "_definst_";
const DEFAULT_CALL_TIMEOUT_MS = 30_000;

/** The options without types of the application. */
export type RunningOptions = {
  readonly methods?: object;
  readonly onConnect?:
    | ((client: ConnectedClient, ...args: unknown[]) => ConnectDecision | Promise<ConnectDecision>)
    | Method;
  onConnected?(client: ConnectedClient): void | Promise<void>;
  onDisconnect?(client: ConnectedClient, reason: string): void | Promise<void>;
  readonly classes?: readonly AmfClass[];
  readonly callTimeoutMs?: number;
  readonly state?: () => unknown;
  readonly instanceState?: (instanceName: string) => unknown;
};

/** What `Application` is while it runs. */
export class RunningApplication implements AnyApplication {
  readonly name: string;
  readonly options: RunningOptions;
  readonly callTimeoutMs: number;
  readonly clients: Set<ConnectedClient> = new Set();
  readonly table: MethodTable = new MethodTable();
  readonly #instances = new Map<string, RunningInstance>();

  constructor(name: string, options: RunningOptions) {
    if (!/^[^/?]+$/.test(name)) throw new Error(`"${name}" is no name of an application: it has no slash and no query`);
    this.name = name;
    this.options = options;
    this.callTimeoutMs = options.callTimeoutMs ?? DEFAULT_CALL_TIMEOUT_MS;
    this.table.add(options.methods ?? {});
  }

  get instances(): Iterable<never> {
    return this.#instances.values() as Iterable<unknown> as Iterable<never>;
  }

  instance(name: string = DEFAULT_INSTANCE): RunningInstance | undefined {
    return this.#instances.get(name);
  }

  methods(methods: object): this {
    this.table.add(methods);
    return this;
  }

  notifyAll(name: string, ...args: readonly AmfEncodable[]): void {
    notifyClients(this.clients, name, args);
  }

  /** The instance for one more client, made if there is none; `leave` is to follow. */
  enter(name: string): RunningInstance {
    const instance = this.#instances.get(name) ?? new RunningInstance(name, this.options.instanceState?.(name));
    this.#instances.set(name, instance);
    instance.clientCount++;
    return instance;
  }

  /** The client has been accepted. */
  join(client: ConnectedClient): void {
    client.hasJoined = true;
    this.clients.add(client);
    client.instance.clients.add(client);
  }

  /** The client has gone, accepted or not. */
  leave(instance: RunningInstance, client?: ConnectedClient): void {
    if (client !== undefined) {
      this.clients.delete(client);
      instance.clients.delete(client);
    }
    if (--instance.clientCount === 0) this.#instances.delete(instance.name);
  }
}
