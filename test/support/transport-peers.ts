import type { ConnectOptions } from "../../src/client/index.ts";
import type { RtmpScheme } from "../../src/transport/rtmp-url.ts";
import { clientPlay, clientPublish } from "./client.ts";
import { ffmpegPlay, ffmpegPublish } from "./ffmpeg.ts";
import { ffmpeg8Play, ffmpeg8Publish } from "./ffmpeg8.ts";
import { type FlvTag, flvTags } from "./flv-tags.ts";
import { type GstSink, gstPlay, gstPublishAtOnce, gstRemux } from "./gstreamer.ts";
import { assertEndedWell, type CleanUp, type PeerProcess } from "./peer-process.ts";
import type { PlayerName } from "./players.ts";
import { rtmpdumpPlay } from "./rtmpdump.ts";

/** What a peer says when it does not know the scheme of a URL. */
export class NotOffered extends Error {}

/** Somebody who speaks RTMP over one transport or more. All are given the same URLs. */
export type TransportPeer = {
  readonly title: string;
  /** By whose habits what it played is compared. */
  readonly player: PlayerName;
  /** The newest TLS that it gets through. @default any */
  readonly maxTlsVersion?: "TLSv1.2";
  /** How many messages it may lose when it ends what it published over this scheme. @default none */
  mostDropped?(scheme: RtmpScheme): number;
  /** Publishes the clip to its end, as fast as it goes; resolves with what was sent. Rejects with `NotOffered`. */
  publish(owner: CleanUp, url: string, place: PeerPlace): Promise<readonly FlvTag[]>;
  /** Plays until the broadcast is unpublished; resolves with what came. Rejects with `NotOffered`. */
  play(owner: CleanUp, url: string, place: PeerPlace): Promise<readonly FlvTag[]>;
};

export type PeerPlace = {
  /** What is published. */
  readonly clip: string;
  /** A file that the peer may write. */
  readonly output: string;
  /** The authority behind the server's certificate: whoever can check it does. */
  readonly caFile: string;
};

/** librtmp polls a tunnel that is gone for ever. */
const LIMIT = { timeoutMs: 30_000 };

const ffmpeg: TransportPeer = {
  title: "FFmpeg 5.1",
  player: "ffmpeg",
  mostDropped: ffmpegDrops,
  async publish(owner, url, { clip, caFile }) {
    const outputOptions = ["-c", "copy", ...ffmpegTrust(url, caFile).flatMap(([name, value]) => [`-${name}`, value])];
    const peer = ffmpegPublish(owner, url, clip, { ...LIMIT, isRealtime: false, outputOptions });
    await ended(peer, /Protocol not found/);
    return flvTags(clip);
  },
  async play(owner, url, { output, caFile }) {
    const inputOptions = ffmpegTrust(url, caFile).flatMap(([name, value]) => [`-${name}`, value]);
    await ended(ffmpegPlay(owner, url, output, { ...LIMIT, inputOptions }), /Protocol not found/);
    return flvTags(output);
  },
};

/** Its rtmpts opens a tunnel by HTTPS and then goes on by HTTP, which its own HTTP refuses. */
const FFMPEG8_NOT_OFFERED =
  /(?<=cannot open [^:]*:.*: )Protocol not found|Cannot reuse HTTP connection for different protocol.*/;

const ffmpeg8: TransportPeer = {
  title: "FFmpeg 8.1",
  player: "ffmpeg8",
  mostDropped: ffmpegDrops,
  async publish(owner, url, { clip }) {
    // The library that brings it opens outputs without options, and FFmpeg checks no certificate unless told to.
    const peer = ffmpeg8Publish(owner, url, clip, { ...LIMIT, isRealtime: false });
    await ended(peer, FFMPEG8_NOT_OFFERED);
    return flvTags(clip);
  },
  async play(owner, url, { output, caFile }) {
    const inputOptions = ffmpegTrust(url, caFile).map(([name, value]) => `${name}=${value}`);
    await ended(ffmpeg8Play(owner, url, output, { ...LIMIT, inputOptions }), FFMPEG8_NOT_OFFERED);
    return flvTags(output);
  },
};

/** librtmp's own program only plays; GStreamer has an element around the library that publishes. */
const librtmp: TransportPeer = {
  title: "librtmp 2.4",
  player: "rtmpdump",
  // With GnuTLS it takes a session ticket of TLS 1.3 for the end, or crashes.
  maxTlsVersion: "TLSv1.2",
  // It reads no answers of a tunnel, and closes with all of them unread: what has not arrived by then is lost.
  publish: (owner, url, place) => gstPublished(owner, "rtmpsink", url, place, isTunnel(url) ? ["sync=true"] : []),
  async play(owner, url, { output }) {
    const peer = rtmpdumpPlay(owner, url, output, LIMIT);
    const result = await peer.done;
    // It counts less than the duration that metadata tells.
    const isShort = result.exitCode === 2 && /INFO: +duration/.test(result.stderrTail);
    if (!isShort) assertEndedWell(peer, result);
    return flvTags(output);
  },
};

const gstreamer: TransportPeer = {
  title: "GStreamer 1.22",
  player: "gstreamer",
  publish: (owner, url, place) => gstPublished(owner, "rtmp2sink", url, place, tlsOptions(url)),
  async play(owner, url, { output }) {
    await ended(gstPlay(owner, url, output, { ...LIMIT, sourceOptions: tlsOptions(url) }), /Host is not set/);
    return flvTags(output);
  },
};

const millrace: TransportPeer = {
  title: "millrace",
  player: "millrace",
  async publish(owner, url, { clip, caFile }) {
    const tags = flvTags(clip);
    await clientPublish(owner, url, tags, clientOptions(caFile));
    return tags;
  },
  play: (owner, url, { caFile }) => clientPlay(owner, url, clientOptions(caFile)),
};

export const TRANSPORT_PEERS: readonly TransportPeer[] = [ffmpeg, ffmpeg8, librtmp, gstreamer, millrace];

function clientOptions(caFile: string): ConnectOptions {
  return { httpProxy: false, tls: { caFile } };
}

async function gstPublished(
  owner: CleanUp,
  sink: GstSink,
  url: string,
  { clip, output }: PeerPlace,
  sinkOptions: readonly string[] = [],
): Promise<readonly FlvTag[]> {
  await ended(gstPublishAtOnce(owner, sink, url, clip, { ...LIMIT, sinkOptions }), /Host is not set/);
  await ended(gstRemux(owner, clip, output));
  return flvTags(output);
}

/** FFmpeg sends packets through a tunnel in tens, and when it closes the tunnel it drops those that are left. */
function ffmpegDrops(scheme: RtmpScheme): number {
  return isTunnel(`${scheme}:`) ? 9 : 0;
}

function isTunnel(url: string): boolean {
  return /^rtmpt[se]?:/.test(url);
}

/** FFmpeg checks certificates when asked to. */
function ffmpegTrust(url: string, caFile: string): (readonly [string, string])[] {
  // Its tunnels hand no options on.
  if (!url.startsWith("rtmps:")) return [];
  return [
    ["tls_verify", "1"],
    ["ca_file", caFile],
  ];
}

/** GStreamer knows the system's authorities only. */
function tlsOptions(url: string): string[] {
  return isOverTls(url) ? ["tls-validation-flags=0"] : [];
}

function isOverTls(url: string): boolean {
  return /^(?:rtmps|rtmpts|wss):/.test(url);
}

/** GStreamer does not always end after such words. */
async function ended(peer: PeerProcess, notOffered?: RegExp): Promise<void> {
  if (notOffered !== undefined) {
    const said = peer.untilStderr(notOffered, LIMIT.timeoutMs).then(() => true);
    if (await Promise.race([said.catch(() => false), peer.done.then(() => false)])) {
      const { stderrTail } = await peer.kill();
      throw new NotOffered(notOffered.exec(stderrTail)?.[0]);
    }
  }
  assertEndedWell(peer, await peer.done);
}
