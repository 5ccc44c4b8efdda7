import type { ClientEvent } from "../../src/rtmp/session/client-events.ts";
import { ClientSession, type ClientSessionOptions } from "../../src/rtmp/session/client-session.ts";
import type { ServerEvent } from "../../src/rtmp/session/server-events.ts";
import { ServerSession, type ServerSessionOptions } from "../../src/rtmp/session/server-session.ts";

/** A client's and a server's session that meet in memory, without bytes between them. */
export class SessionPair {
  readonly client: ClientSession;
  readonly server: ServerSession;
  readonly clientEvents: ClientEvent[] = [];
  readonly serverEvents: ServerEvent[] = [];

  constructor(options: { readonly client?: ClientSessionOptions; readonly server?: ServerSessionOptions } = {}) {
    this.client = new ClientSession(options.client);
    this.server = new ServerSession(options.server);
  }

  /** Carries messages both ways until neither has more to say; `answer` sees each event of the server as it comes. */
  exchange(answer: (event: ServerEvent) => void = () => undefined): this {
    while (this.#toServer(answer) || this.#toClient());
    return this;
  }

  /** The events since the last time, as the client got them. */
  takeClientEvents(): ClientEvent[] {
    return this.clientEvents.splice(0);
  }

  takeServerEvents(): ServerEvent[] {
    return this.serverEvents.splice(0);
  }

  #toServer(answer: (event: ServerEvent) => void): boolean {
    const messages = this.client.takeMessages();
    for (const message of messages) {
      const event = this.server.receive(message);
      if (event === undefined) continue;
      this.serverEvents.push(event);
      answer(event);
    }
    return messages.length > 0;
  }

  #toClient(): boolean {
    const messages = this.server.takeReplies();
    for (const message of messages) {
      const event = this.client.receive(message);
      if (event !== undefined) this.clientEvents.push(event);
    }
    return messages.length > 0;
  }
}
