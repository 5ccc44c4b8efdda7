/** One audio, video or data message of a broadcast, as publishers send it and players get it. */
export type MediaMessage = {
  readonly kind: "audio" | "video" | "data";
  /** Decode time in milliseconds. Unsigned 32 bits when it comes from the wire; a broadcast counts on without wrapping. */
  readonly timestamp: number;
  /** The FLV tag body, which is also the RTMP message payload. Valid during the call that hands it over: copy to keep. */
  readonly payload: Uint8Array;
  /** A picture that a decoder can start with: frame type 1, no configuration. */
  readonly isKeyframe: boolean;
  /** Codec configuration or stream metadata: kept for whoever joins later. */
  readonly isConfig: boolean;
  /** Nothing refers to this picture, so it may be left out. */
  readonly isDisposable: boolean;
  /** 0 for the default track and for all that is not multitrack. */
  readonly trackId: number;
};
