import type { Transport } from "../transport/byte-stream.ts";
import type { Log } from "./log.ts";

/** What is known of a connection when it asks for something. */
export type ConnectionInfo = {
  /** Unique in this server's life, for logs. */
  readonly id: string;
  /** `address:port` of the peer, IPv6 in brackets. */
  readonly remoteAddress: string;
  readonly transport: Transport;
  /** Encrypted by RTMPE, which keeps nobody out who sits in between. */
  readonly isRtmpe: boolean;
  readonly app: string;
  /** What stood behind `?` in the app, as it was sent: for `new URLSearchParams`. May hold secrets: do not log it. */
  readonly appQuery: string;
  readonly tcUrl: string;
  /** What the client calls itself, such as `FMLE/3.0 (compatible; Lavf60.16.100)`. */
  readonly flashVersion: string;
  readonly pageUrl: string;
  readonly swfUrl: string;
  /** Who the client has proved to be by user and password, where the server asks for them. */
  readonly user?: string;
};

/** Somebody wants to publish or play. */
export type StreamRequest = {
  readonly connection: ConnectionInfo;
  /** `app/key`, slashes made single, no query: the name that is used unless the decision gives another. */
  readonly broadcastName: string;
  /** The key as the client sent it, without query. */
  readonly streamKey: string;
  /** What stood behind `?` in the key, as it was sent: for `new URLSearchParams`. May hold secrets: do not log it. */
  readonly query: string;
};

/** "No" is an ordinary answer: the reason is shown to the client and stands in the log. */
export type Decision =
  | {
      readonly allow: true;
      /** Publish or play under this name instead: so a secret key need not be the public name. */
      readonly broadcastName?: string;
    }
  | { readonly allow: false; readonly reason: string };

/** Questions to the application, and what it is told. A promise holds up only the connection that asks. */
export type ServerHooks = {
  onConnect?(connection: ConnectionInfo): Decision | Promise<Decision>;
  onPublish?(request: StreamRequest): Decision | Promise<Decision>;
  onPlay?(request: StreamRequest): Decision | Promise<Decision>;
  /** A publisher's stream is over; `reason` in words. */
  onPublishEnd?(broadcastName: string, connection: ConnectionInfo, reason: string): void;
  onPlayEnd?(broadcastName: string, connection: ConnectionInfo, reason: string): void;
  onClose?(connection: ConnectionInfo, reason: string): void;
};

export const ALLOW: Decision = { allow: true };

/** What a hook decides, at once or later. One that throws or rejects refuses, and is logged; one that is not there allows. */
export function decide<Answer extends PlainDecision>(
  log: Log,
  connection: string,
  question: () => Answer | Promise<Answer> | undefined,
): Answer | Promise<Answer> {
  const failed = (error: unknown): Answer => {
    log.error({ connection, err: error }, "a hook of the application failed");
    return plainly<Answer>({ allow: false, reason: "The application failed." });
  };
  try {
    const answer = question() ?? plainly<Answer>(ALLOW);
    return "allow" in answer ? answer : Promise.resolve(answer).catch(failed);
  } catch (error) {
    return failed(error);
  }
}

/** Every kind of decision has these two forms, with or without more. */
type PlainDecision = { readonly allow: true } | { readonly allow: false; readonly reason: string };

function plainly<Answer extends PlainDecision>(decision: PlainDecision): Answer {
  return decision as Answer;
}

/** Tells the application; what it throws, at once or later, is logged, and harms no connection. */
export function tellApplication(log: Log, tell: () => unknown): void {
  const failed = (error: unknown): void => log.error({ err: error }, "a hook of the application failed");
  try {
    const told = tell();
    // An asynchronous function is a function that returns nothing, too, for the types.
    if (told instanceof Promise) told.catch(failed);
  } catch (error) {
    failed(error);
  }
}
