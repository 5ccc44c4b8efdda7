import type { Broadcast } from "../broadcast/broadcast.ts";
import { encodeKeyframePicture } from "../mp4/keyframe-picture.ts";
import type { TrackConfig } from "../mp4/track.ts";
import { TrackReader } from "../mp4/track-reader.ts";

/** The newest keyframe of a broadcast's default video track as an MP4 file; undefined where there is none, or MP4 has no such codec. */
export function keyframePictureOf(broadcast: Broadcast): Uint8Array | undefined {
  const reader = new TrackReader();
  let config: TrackConfig | undefined;
  let picture: Uint8Array | undefined;
  const unsubscribe = broadcast.subscribe({
    // What newcomers get comes at once: configurations, then the newest keyframe.
    write(message) {
      if (picture !== undefined || message.kind !== "video") return;
      for (const event of reader.read(message)) {
        if (event.kind === "config" && event.config.trackId === 0) config = event.config;
        else if (
          event.kind === "sample" &&
          event.track.trackId === 0 &&
          event.sample.isKeyframe &&
          config !== undefined
        ) {
          picture ??= encodeKeyframePicture(config, event.sample);
        }
      }
    },
    end() {},
  });
  unsubscribe();
  return picture;
}
