/** Close codes. RFC 6455 section 7.4.1. */
export const CloseCode = {
  Normal: 1000,
  GoingAway: 1001,
  ProtocolError: 1002,
  UnsupportedData: 1003,
  /** Never sent: the peer's close frame had no code. */
  None: 1005,
  /** Never sent: there was no close frame. */
  Abnormal: 1006,
  PolicyViolation: 1008,
} as const;

/** A WebSocket that stands: what ws and browsers do in different ways. Paused until it is resumed. */
export type WebSocketPort = {
  /** Bytes that were sent but have not left. */
  readonly bufferedBytes: number;
  /** Sends each as a binary frame, and changes none of them. */
  send(frames: readonly Uint8Array[]): void;
  /** Sends what is left, and then a close frame. */
  close(code: number, reason: string): void;
  /** Drops everything. */
  terminate(): void;
  /** What has been read may still come, and in a browser everything. */
  pause(): void;
  resume(): void;
  /** Called once, before anything can have happened. */
  listen(events: WebSocketPortEvents): void;
};

export type WebSocketPortEvents = {
  /** The payload of a binary message, which is the receiver's own. */
  onBytes(bytes: Uint8Array): void;
  onText(): void;
  /** Something that was sent has left. */
  onSent(): void;
  /** A rule of WebSockets was broken, or a limit: the port is of no more use. */
  onError(error: Error): void;
  /** Called once, last. */
  onClose(code: number, reason: string): void;
};
