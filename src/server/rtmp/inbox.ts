import type { ServerEvent } from "../../rtmp/session/server-events.ts";
import type { ServerSession } from "../../rtmp/session/server-session.ts";
import type { Wire } from "../../rtmp/session/wire.ts";
import type { ByteStream } from "../../transport/byte-stream.ts";

/** What one client's bytes may set going at a time; then it is the others' turn. A read of real media has some dozens. */
const MAX_MESSAGES_A_TURN = 1000;

/** What reading needs of its connection. */
export type InboxPort = {
  readonly stream: ByteStream;
  readonly wire: Wire;
  readonly hasEnded: boolean;
  /** The application decides something: nothing is read until it has. */
  readonly isAsking: boolean;
  handle(event: ServerEvent, nowMs: number): void;
  /** Reads on from where the turn was over. */
  goOn(): void;
};

/** Works through what a client has sent, in order and in turns. */
export class Inbox {
  readonly #port: InboxPort;
  readonly #session: ServerSession;
  /** More has arrived than is worked through in one go, and it is the others' turn. */
  #isWaitingItsTurn = false;

  constructor(port: InboxPort, session: ServerSession) {
    this.#port = port;
    this.#session = session;
  }

  /** Nothing more is read for now. */
  get isHeldUp(): boolean {
    return this.#isWaitingItsTurn || this.#port.isAsking;
  }

  /** Until more bytes, an answer of the application or another turn are needed. */
  process(nowMs: number): void {
    const port = this.#port;
    const { wire } = port;
    for (let count = 0; !this.isHeldUp && !port.hasEnded; count++) {
      if (count === MAX_MESSAGES_A_TURN) {
        this.#waitItsTurn();
        break;
      }
      const message = wire.next();
      if (message === undefined) break;
      const event = this.#session.receive(message);
      if (event !== undefined) port.handle(event, nowMs);
    }
    if (this.isHeldUp) wire.retainInput();
  }

  #waitItsTurn(): void {
    const port = this.#port;
    this.#isWaitingItsTurn = true;
    port.stream.pause();
    setImmediate(() => {
      this.#isWaitingItsTurn = false;
      if (port.hasEnded) return;
      port.goOn();
      if (!this.isHeldUp && !port.hasEnded) port.stream.resume();
    });
  }
}
