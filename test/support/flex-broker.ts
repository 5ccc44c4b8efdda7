import { ExternalizableRegistry } from "../../src/formats/amf/externalizable.ts";
import type { OutgoingFlexMessage } from "../../src/formats/flex/message.ts";
import { decodeFlexMessage, encodeFlexMessage } from "../../src/formats/flex/message-codec.ts";
import { FlexBroker } from "../../src/server/flex/flex-broker.ts";
import {
  DEFAULT_FLEX_LIMITS,
  DEFAULT_FLEX_TIMEOUTS,
  type FlexDestination,
  type FlexLimits,
  type FlexLogin,
  type FlexTimeouts,
} from "../../src/server/flex/flex-options.ts";
import type { FlexSession, FlexSessionPort } from "../../src/server/flex/flex-session.ts";
import type { FlexIdentity } from "../../src/server/flex/login.ts";

export type TestBrokerOptions = {
  readonly destinations?: Readonly<Record<string, FlexDestination>>;
  readonly login?: FlexLogin;
  readonly limits?: Partial<FlexLimits>;
  readonly timeouts?: Partial<FlexTimeouts>;
};

type OpenedSession = {
  readonly session: FlexSession;
  readonly pushed: OutgoingFlexMessage[];
  /** Why the session wants its channel to end. */
  readonly ends: string[];
};

/** A broker without a channel, of which the test moves the clock. */
export class TestBroker {
  nowMs = 1000;
  readonly broker: FlexBroker;
  readonly log: string[] = [];

  constructor(options: TestBrokerOptions = {}) {
    const note = (level: string) => (_: object, message: string) => void this.log.push(`${level} ${message}`);
    this.broker = new FlexBroker({
      destinations: new Map(Object.entries(options.destinations ?? {})),
      login: options.login,
      configuration: null,
      limits: { ...DEFAULT_FLEX_LIMITS, ...options.limits },
      timeouts: { ...DEFAULT_FLEX_TIMEOUTS, ...options.timeouts },
      log: { debug: note("debug"), info: note("info"), warn: note("warn"), error: note("error") },
      nowMs: () => this.nowMs,
      registry: new ExternalizableRegistry(),
      methods: { isChecked: () => false, check: () => [], faultOf: () => undefined },
    });
  }

  /** A session, and what was pushed to it. */
  open(remoteAddress = "192.0.2.1:1000", id: string | null = null, identity?: FlexIdentity): OpenedSession {
    const pushed: OutgoingFlexMessage[] = [];
    const ends: string[] = [];
    const port: FlexSessionPort = {
      remoteAddress,
      channel: "rtmp",
      canPush: true,
      push: (push) => void pushed.push(push.message()),
      end: (reason) => void ends.push(reason),
    };
    const session = this.broker.open(id, port, identity);
    return { session, pushed, ends };
  }

  /** The answer as one line: `ok` and its body, or the code of the fault. */
  async ask(session: FlexSession, message: OutgoingFlexMessage): Promise<string> {
    const answer = await this.broker.answer(session, completed(message));
    return answer.kind === "error" ? String(answer.faultCode) : `ok ${JSON.stringify(answer.body)}`;
  }
}

/** A message as it would have been decoded. */
function completed(message: OutgoingFlexMessage) {
  const value = encodeFlexMessage(message, "full");
  const decoded = decodeFlexMessage(value);
  if (decoded === undefined) throw new Error("no message");
  return decoded;
}
