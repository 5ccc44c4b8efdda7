import type { AmfEncodable } from "../../formats/amf/amf-value.ts";
import type { ConnectedClient } from "./connected-client.ts";
import { notifyClients } from "./notify-clients.ts";

/** What `ApplicationInstance` is while it runs. */
export class RunningInstance {
  readonly name: string;
  readonly state: unknown;
  readonly clients: Set<ConnectedClient> = new Set();
  /** Clients that are in it, or want to be. */
  clientCount = 0;

  constructor(name: string, state: unknown) {
    this.name = name;
    this.state = state;
  }

  notify(name: string, ...args: readonly AmfEncodable[]): void {
    notifyClients(this.clients, name, args);
  }

  notifyOthers(except: ConnectedClient, name: string, ...args: readonly AmfEncodable[]): void {
    notifyClients(this.clients, name, args, except);
  }
}
