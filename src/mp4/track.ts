/**
 * What the parts of this folder hand on to each other:
 *
 *     const reader = new TrackReader();                      // track-reader.ts
 *     for (const event of reader.read(message))              // "config", then its "sample"s; or "unsupported"
 *       if (event.kind === "config") buffer = new TrackBuffer(event.config);   // track-buffer.ts
 *       else if (event.kind === "sample") buffer.push(event.sample);
 *     encodeInitSegment([videoConfig, audioConfig])          // init-segment.ts: ftyp and moov; tracks get ids 1, 2, …
 *     encodeFragment({ sequenceNumber, tracks: [{ trackId: 1, samples: buffer.take() }] })   // fragment.ts
 */

/** Which track of a broadcast: audio and video count for themselves. */
export type TrackName = {
  readonly kind: "audio" | "video";
  /** As in FLV: 0 for the default track. Not the id in an MP4 file. */
  readonly trackId: number;
};

/** A track as MP4 describes it. Another `sampleEntry` needs another init segment. */
export type TrackConfig = TrackName & {
  /** As in the FLV headers: "avc", "aac", … */
  readonly codec: string;
  /** For CODECS and MediaSource: "avc1.64001f", "mp4a.40.2", … RFC 6381. */
  readonly codecString: string;
  /** Ticks in a second: 90 000 for pictures; for sound the sample rate of the coder. */
  readonly timescale: number;
  /** Pixels; 0 for sound. */
  readonly width: number;
  readonly height: number;
  /** Hz and channels, as they are heard; 0 for pictures. */
  readonly sampleRate: number;
  readonly channels: number;
  /** The whole sample entry box with the codec's configuration in it. Two configurations with equal ones are the same. */
  readonly sampleEntry: Uint8Array;
};

/** A picture or a frame of sound at the time that the publisher gave it. */
export type MediaSample = {
  /** Milliseconds on the broadcast's timeline; never steps back within a track. */
  readonly decodeTimeMs: number;
  /** Presentation minus decode time, with a fraction where the publisher tells nanoseconds; may be negative. */
  readonly compositionOffsetMs: number;
  /** What goes into the file. Bytes of their own: they may be kept. */
  readonly bytes: Uint8Array;
  /** True for each frame of sound. */
  readonly isKeyframe: boolean;
  /** Ticks that a frame of sound lasts, as the frame or its configuration tells; 0 for pictures. */
  readonly frameTicks: number;
};

/** A sample as it stands in a fragment, in ticks of its track's timescale: the next begins where it ends. */
export type TimedSample = {
  readonly decodeTime: number;
  /** Until the next sample's decode time. */
  readonly duration: number;
  readonly compositionOffset: number;
  readonly bytes: Uint8Array;
  readonly isKeyframe: boolean;
};

/** What a message of a broadcast brings for MP4. */
export type TrackEvent =
  /** The first configuration, or another one than before: stands right before the first sample that it is for. */
  | { readonly kind: "config"; readonly config: TrackConfig }
  | { readonly kind: "sample"; readonly track: TrackName; readonly sample: MediaSample }
  /** Told once for each codec of a track, which has no samples then. */
  | { readonly kind: "unsupported"; readonly track: TrackName; readonly codec: string; readonly reason: string };
