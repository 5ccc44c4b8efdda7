import { type CleanUp, type PeerOptions, type PeerProcess, startPeer } from "./peer-process.ts";
import { requirePeer } from "./require-peer.ts";

export type RtmpdumpOptions = PeerOptions & {
  /** End by itself after this many seconds of media. */
  readonly durationSeconds?: number;
  /** More of rtmpdump's own flags, like ["--swfVfy", url]. */
  readonly flags?: readonly string[];
};

/** Plays a live URL by rtmpdump into an FLV file. */
export function rtmpdumpPlay(owner: CleanUp, url: string, outFlv: string, options: RtmpdumpOptions = {}): PeerProcess {
  const length = options.durationSeconds === undefined ? [] : ["--stop", `${options.durationSeconds}`];
  const parameters = ["--live", "--rtmp", url, "--flv", outFlv, ...length, ...(options.flags ?? [])];
  return startPeer(owner, requirePeer("rtmpdump"), parameters, options);
}
