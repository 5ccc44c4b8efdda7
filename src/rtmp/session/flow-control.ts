import { type PeerBandwidth, PeerBandwidthLimit } from "../message/control.ts";

/** What librtmp assumes, and most servers announce: taken until the peer names its window. */
const DEFAULT_WINDOW_BYTES = 2_500_000;
/** Smaller windows are taken as this, or a peer could have a reply for each byte. */
const MIN_WINDOW_BYTES = 1024;
/** Peers count with or without their handshake of 3073 bytes: docs/interop.md. */
const COUNT_TOLERANCE_BYTES = 3073;
const U32_RANGE = 2 ** 32;

/**
 * What the two sides tell each other about the bytes that arrived. It only counts: nothing here holds bytes back, since
 * many peers never acknowledge. RTMP 1.0 sections 5.4.3-5.4.5.
 */
export class FlowControl {
  #bytesReceived = 0;
  #bytesSent = 0;
  #acknowledgedByUs = 0;
  #peerWindowBytes: number | undefined;
  #announcedWindowBytes: number | undefined;
  #sendWindow: PeerBandwidth | undefined;
  #acknowledgedByPeer: number | undefined;
  /** What the peer had counted when it last began at 0 again. */
  #peerCountBase = 0;

  /** All bytes of the connection, the handshake included. */
  get bytesReceived(): number {
    return this.#bytesReceived;
  }

  get bytesSent(): number {
    return this.#bytesSent;
  }

  /** Bytes that are on their way or in buffers; undefined until the peer's first acknowledgement, which may never come. */
  get unacknowledgedBytes(): number | undefined {
    if (this.#acknowledgedByPeer === undefined) return undefined;
    return Math.max(0, this.#bytesSent - this.#acknowledgedByPeer);
  }

  /** The most unacknowledged bytes that the peer wants in flight; undefined when it never said. Not enforced. */
  get sendWindowBytes(): number | undefined {
    return this.#sendWindow?.windowBytes;
  }

  /** After how many bytes the peer wants an acknowledgement; undefined when it never said. */
  get peerWindowBytes(): number | undefined {
    return this.#peerWindowBytes;
  }

  received(byteLength: number): void {
    this.#bytesReceived += byteLength;
  }

  sent(byteLength: number): void {
    this.#bytesSent += byteLength;
  }

  /** More than half of the peer's window has come since the last Acknowledgement. */
  get isAcknowledgementDue(): boolean {
    return this.#bytesReceived - this.#acknowledgedByUs >= (this.#peerWindowBytes ?? DEFAULT_WINDOW_BYTES) / 2;
  }

  /** The count for an Acknowledgement that is due now; undefined when none is. */
  takeAcknowledgement(): number | undefined {
    return this.isAcknowledgementDue ? this.acknowledgeNow() : undefined;
  }

  /** The count for an Acknowledgement, due or not. */
  acknowledgeNow(): number {
    this.#acknowledgedByUs = this.#bytesReceived;
    return this.#bytesReceived % U32_RANGE;
  }

  /** The peer's Window Acknowledgement Size: 0 is ignored, less than 1024 is taken as 1024. */
  peerWindow(windowBytes: number): void {
    if (windowBytes > 0) this.#peerWindowBytes = Math.max(MIN_WINDOW_BYTES, windowBytes);
  }

  /** Notes the window that goes out as our Window Acknowledgement Size. */
  announceWindow(windowBytes: number): void {
    this.#announcedWindowBytes = windowBytes;
  }

  /** The peer's Set Peer Bandwidth. Returns the window to answer with, unless that was announced before. */
  limitBandwidth(bandwidth: PeerBandwidth): number | undefined {
    const sendWindow = this.#limitedBy(bandwidth);
    if (sendWindow === undefined) return undefined;
    this.#sendWindow = sendWindow;
    return sendWindow.windowBytes === this.#announcedWindowBytes ? undefined : sendWindow.windowBytes;
  }

  /** The peer's Acknowledgement: its count modulo 2^32. */
  acknowledged(count: number): void {
    this.#acknowledgedByPeer ??= 0;
    const last = this.#acknowledgedByPeer;
    const unwrapped = this.#unwrap(count);
    // More than was sent: that tells nothing, and must not be taken for a counter that began again.
    if (unwrapped < 0) return;
    let total = this.#peerCountBase + unwrapped;
    if (total < last - COUNT_TOLERANCE_BYTES) {
      // nginx-rtmp begins at 0 again when its counter nears 2^32: docs/interop.md.
      this.#peerCountBase = last;
      total = last + this.#unwrap(count);
    }
    this.#acknowledgedByPeer = Math.max(last, Math.min(total, this.#bytesSent));
  }

  /** The highest count that equals this one modulo 2^32 and is not more than what was sent. */
  #unwrap(count: number): number {
    const sent = this.#bytesSent - this.#peerCountBase + COUNT_TOLERANCE_BYTES;
    return count + Math.floor((sent - count) / U32_RANGE) * U32_RANGE;
  }

  #limitedBy({ windowBytes, limit }: PeerBandwidth): PeerBandwidth | undefined {
    if (windowBytes === 0) return undefined;
    const current = this.#sendWindow;
    switch (limit) {
      case PeerBandwidthLimit.Hard:
        return { windowBytes, limit };
      case PeerBandwidthLimit.Soft:
        return { windowBytes: Math.min(windowBytes, current?.windowBytes ?? windowBytes), limit };
      case PeerBandwidthLimit.Dynamic:
        return current?.limit === PeerBandwidthLimit.Hard ? { windowBytes, limit: current.limit } : undefined;
      default:
        return undefined;
    }
  }
}
