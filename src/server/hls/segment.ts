/** A piece of a segment that can be fetched as soon as it is there. RFC 8216bis section 3.2. */
export type Part = {
  /** A whole fragment: `moof` and `mdat`. */
  readonly bytes: Uint8Array;
  readonly durationSeconds: number;
  /** It begins with a picture that decoders can start with; true for sound. */
  readonly isIndependent: boolean;
};

/** A whole segment: the bytes of its parts, one after the other. */
export type Segment = {
  /** Its media sequence number. */
  readonly number: number;
  /** Which of the rendition's init segments it needs, from 0 on. */
  readonly initNumber: number;
  /** On the broadcast's timeline. */
  readonly startSeconds: number;
  readonly durationSeconds: number;
  /** Empty for a gap, and for one that was stored elsewhere. */
  readonly parts: readonly Part[];
  readonly byteLength: number;
  /** It begins with a picture that decoders can start with; true for sound, and for a gap. */
  readonly isIndependent: boolean;
  /** Between it and the one before, timestamps or codecs do not go on. */
  readonly isDiscontinuous: boolean;
  /** The track had nothing to give in this time. */
  readonly isGap: boolean;
};

/** The segment that still grows. */
export type OpenSegment = Pick<Segment, "number" | "initNumber" | "startSeconds" | "parts" | "isDiscontinuous">;
