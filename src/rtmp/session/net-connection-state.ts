/** Where a NetConnection stands. `rejected` and `closed` say nothing more. */
export type NetConnectionState = "unconnected" | "connecting" | "connected" | "rejected" | "closed";

/** What moves a NetConnection: `accept` and `reject` come from the server, the rest from the client. */
export type NetConnectionAction =
  | "connect"
  | "accept"
  | "reject"
  | "close"
  /** A call that some clients make before `connect`, such as `_checkbw`. */
  | "early-call"
  /** Any other call, and commands, data and media of a NetStream. */
  | "call";

/** What a NetConnection may do next; what is absent is refused. RTMP 1.0 section 7.2.1. */
export const NEXT_CONNECTION_STATE: Readonly<
  Record<NetConnectionState, Readonly<Partial<Record<NetConnectionAction, NetConnectionState>>>>
> = {
  unconnected: { connect: "connecting", "early-call": "unconnected", close: "closed" },
  connecting: {
    accept: "connected",
    reject: "rejected",
    "early-call": "connecting",
    call: "connecting",
    close: "closed",
  },
  connected: { "early-call": "connected", call: "connected", close: "closed" },
  rejected: { close: "closed" },
  closed: {},
};
