import { type CleanUp, type PeerOptions, type PeerProcess, startPeer } from "./peer-process.ts";
import { requirePeer } from "./require-peer.ts";

/** Which tracks of an FLV file GStreamer carries: its muxer would wait for one that never comes. */
export type GstTracks = { readonly hasVideo?: boolean; readonly hasAudio?: boolean };

/** GStreamer's own RTMP, and the one that it has of librtmp. */
export type GstSink = "rtmp2sink" | "rtmpsink";

/** Publishes an FLV file as fast as it goes unless "sync=true" is among the sink's own options, packets as they are. */
export function gstPublishAtOnce(
  owner: CleanUp,
  sink: GstSink,
  url: string,
  file: string,
  options: PeerOptions & { readonly sinkOptions?: readonly string[] } = {},
): PeerProcess {
  const { sinkOptions = [] } = options;
  const pipeline = [...remux(file, {}), sink, `location=${url}`, "sync=false", ...sinkOptions];
  return startPeer(owner, requirePeer("gst-launch-1.0"), pipeline, options);
}

/** Publishes an FLV file by GStreamer's rtmp2sink at the pace of its timestamps, packets as they are. */
export function gstPublish(
  owner: CleanUp,
  url: string,
  file: string,
  options: PeerOptions & GstTracks = {},
): PeerProcess {
  return launch(owner, [...remux(file, options), "clocksync", "!", "rtmp2sink", `location=${url}`], options);
}

/** Writes what `gstPublish` would send into an FLV file: GStreamer's muxer sets some bits in its own way. */
export function gstRemux(owner: CleanUp, file: string, outFlv: string, options: GstTracks = {}): PeerProcess {
  return launch(owner, [...remux(file, options), "filesink", `location=${outFlv}`], {});
}

/** Plays a URL by GStreamer's rtmp2src into an FLV file that is whole up to the last tag at any time. */
export function gstPlay(
  owner: CleanUp,
  url: string,
  outFlv: string,
  options: PeerOptions & { readonly sourceOptions?: readonly string[] } = {},
): PeerProcess {
  const source = ["rtmp2src", `location=${url}`, ...(options.sourceOptions ?? [])];
  return launch(owner, [...source, "!", "filesink", `location=${outFlv}`, "buffer-mode=unbuffered"], options);
}

function launch(owner: CleanUp, pipeline: readonly string[], options: PeerOptions): PeerProcess {
  return startPeer(owner, requirePeer("gst-launch-1.0"), ["-e", ...pipeline], options);
}

function remux(file: string, tracks: GstTracks): string[] {
  const { hasVideo = true, hasAudio = true } = tracks;
  const branch = (pad: string): string[] => [`demuxer.${pad}`, "!", "queue", "!", `muxer.${pad}`];
  return [
    ...["filesrc", `location=${file}`, "!", "flvdemux", "name=demuxer"],
    ...(hasVideo ? branch("video") : []),
    ...(hasAudio ? branch("audio") : []),
    ...["flvmux", "name=muxer", "streamable=true", "!"],
  ];
}
