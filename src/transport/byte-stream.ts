/** What carries the bytes: a socket, the posts of a tunnel, or a WebSocket; the second of each pair inside TLS. */
export type Transport = "tcp" | "tls" | "http" | "https" | "ws" | "wss" | "memory";

/**
 * A connection as the layers above see it: a TCP or TLS socket, or HTTP posts that carry the same bytes.
 * Reading is by `onBytes`, so that a message needs no promise; what it gets is valid during the call only.
 */
export type ByteStream = {
  readonly transport: Transport;
  /** `address:port`, IPv6 in brackets. */
  readonly remoteAddress: string;
  /** Bytes that were written but have not reached the kernel: 0 when the peer keeps up. */
  readonly unsentBytes: number;
  /** Bytes read and written so far. */
  readonly bytesRead: number;
  readonly bytesWritten: number;
  /** Sends the pieces in order as one write; they must not change until they are sent. */
  write(pieces: readonly Uint8Array[]): void;
  /** Stops and resumes reading: back-pressure towards the peer. */
  pause(): void;
  resume(): void;
  /** Sends what is left, then closes; destroys after `graceMs` if the peer does not read. @default 1000 */
  close(graceMs?: number): void;
  /** Drops everything at once. */
  destroy(): void;
  /** Set once by the owner before any byte can arrive. */
  start(events: ByteStreamEvents): void;
};

export type ByteStreamEvents = {
  /** Bytes of the peer, valid during the call. A throw is the owner's bug: connections catch their own errors. */
  onBytes(bytes: Uint8Array): void;
  /** All that was written has reached the kernel. */
  onDrain(): void;
  /** The peer sends no more: `onClose` follows. */
  onEnd(): void;
  /** Called once, last; `error` if the connection broke. */
  onClose(error?: Error): void;
};
