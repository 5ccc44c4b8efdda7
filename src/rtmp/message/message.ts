/** RTMP message type ids. RTMP 1.0 sections 5.4 and 7.1. */
export const MessageType = {
  SetChunkSize: 1,
  Abort: 2,
  Acknowledgement: 3,
  UserControl: 4,
  WindowAcknowledgementSize: 5,
  SetPeerBandwidth: 6,
  Audio: 8,
  Video: 9,
  DataAmf3: 15,
  SharedObjectAmf3: 16,
  CommandAmf3: 17,
  Data: 18,
  SharedObject: 19,
  Command: 20,
  Aggregate: 22,
} as const;
export type MessageType = (typeof MessageType)[keyof typeof MessageType];

/** What a connection carries: chunks bring it over TCP, and flows will over UDP. RTMP 1.0 section 6.1. */
export type Message = {
  /** A `MessageType`, or any other 8-bit number that a peer sends. */
  readonly type: number;
  /** Milliseconds, unsigned 32 bits: wraps every 49.7 days. */
  readonly timestamp: number;
  /** The message stream: 0 for the connection, otherwise what `createStream` returned. */
  readonly streamId: number;
  /** From a decoder: a view that is valid until its next `push` or `next`. Copy it to keep it. */
  readonly payload: Uint8Array;
};

/** Channels of one connection, the most urgent first: what waits in a lower number is sent before a higher one. */
export const Priority = { Control: 0, Audio: 1, Data: 2, Video: 3 } as const;
export type Priority = (typeof Priority)[keyof typeof Priority];

/** Control and calls, then audio, then data and shared objects, then video. */
export function priorityOf(messageType: number): Priority {
  switch (messageType) {
    case MessageType.Audio:
      return Priority.Audio;
    case MessageType.Data:
    case MessageType.DataAmf3:
    case MessageType.SharedObject:
    case MessageType.SharedObjectAmf3:
      return Priority.Data;
    case MessageType.Video:
    case MessageType.Aggregate:
      return Priority.Video;
    default:
      return Priority.Control;
  }
}

/**
 * The chunk stream that carries a message: 2 for control, 3 for calls of the connection, then four for each message
 * stream (data, commands, audio, video), as Flash and Adobe's server number them. Stays below 32, which every peer reads.
 */
export function chunkStreamIdOf(messageType: number, streamId: number): number {
  if (messageType <= MessageType.SetPeerBandwidth) return 2;
  if (streamId === 0) return 3;
  const first = 4 + 4 * ((streamId - 1) % 7);
  switch (priorityOf(messageType)) {
    case Priority.Data:
      return first;
    case Priority.Control:
      return first + 1;
    case Priority.Audio:
      return first + 2;
    case Priority.Video:
      return first + 3;
  }
}
