/** Who talks to a destination. */
export type FlexCaller = {
  /** The Flex client's id: the same over all its channels, and after it connects again. A secret of that client: do not log or show it. */
  readonly id: string;
  /** Who logged in; undefined before. */
  readonly user: string | undefined;
  /** `address:port`, IPv6 in brackets. */
  readonly remoteAddress: string;
  readonly channel: "rtmp" | "http";
  /** The application's own, kept as long as the client is remembered. */
  readonly state: Map<string, unknown>;
};
