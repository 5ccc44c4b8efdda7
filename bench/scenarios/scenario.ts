import type { MeasureName } from "../support/measures.ts";
import type { ClipName } from "../support/media-clips.ts";

/** One row of the table of goals, or some: which servers are measured under which load, and what is compared. */
export type Scenario = {
  readonly name: string;
  /** All scenarios of a group are selected by its name, too. */
  readonly group: string;
  /** Of those that run when none is named. */
  readonly isDefault: boolean;
  readonly title: string;
  /** Scenarios with the same run share it. */
  readonly runs: Readonly<Record<string, Run>>;
  readonly rows: readonly Row[];
};

export type Run = {
  readonly server: Server;
  readonly load: Load;
  /** Where its figures stand in a plot. */
  readonly plot?: PlotPlace;
};

export type PlotPlace = {
  readonly name: "viewers" | "publishers" | "bitrate";
  readonly series: string;
  readonly at: number;
};

export type Server =
  | {
      readonly program: "millrace";
      readonly settings: Readonly<Record<string, string | number>>;
      /** Of another checkout, before or after a change. */
      readonly isOther?: true;
    }
  | { readonly program: "nginx" }
  /** HTTP only: the files that a millrace beside it, which is not measured, has made of what is published to it. */
  | { readonly program: "nginx-files" }
  | { readonly program: "srs"; readonly configuration: "default" | "realtime" }
  /** Sends its own media to whoever connects. */
  | { readonly program: "floor"; readonly flush: Flush }
  /** Read what publishers send, and drop it. */
  | { readonly program: "sink" | "node-sink" };

/** How the floor joins messages: at each video frame, each by itself, or for so many milliseconds. */
export type Flush = "video" | "instant" | number;

export type Load = LiveLoad | VisitsLoad | HlsLoad;

/** Publishers and viewers for a window of time. */
export type LiveLoad = {
  readonly kind: "live";
  readonly publishers: number;
  /** Spread evenly over the publishers. */
  readonly viewers: number;
  readonly clip: ClipName;
  /** Viewers by HTTP, as FLV, instead of RTMP. */
  readonly isFlv?: true;
  /** How many of the viewers stop reading when the window opens. */
  readonly stalled?: number;
  /** The window, and the time before it, where others than the usual ones are needed. */
  readonly seconds?: number;
  readonly warmUpSeconds?: number;
};

/** Viewers that connect, play and leave, so many at a time. */
export type VisitsLoad = {
  readonly kind: "visits";
  readonly total: number;
  readonly together: number;
  readonly clip: ClipName;
  /** Whether they stay until their first keyframe, or only until play is answered. */
  readonly untilKeyframe: boolean;
};

/** One publisher by RTMP, and viewers by HLS for a window of time. */
export type HlsLoad = {
  readonly kind: "hls";
  readonly viewers: number;
  readonly clip: ClipName;
  /**
   * Parts by playlists that are asked for before they are there; parts by playlists that are polled, as from a server of
   * files; or whole segments, as players without low latency do.
   */
  readonly way: "blocking" | "parts" | "segments";
  readonly seconds: number;
};

export type Row = {
  readonly measure: MeasureName;
  /** Which of several alike it is. */
  readonly at?: string;
  /** A name in `runs`. */
  readonly of: string;
  readonly against?: string;
  /** None: the figure is stated. */
  readonly target?: Target;
};

/** The median of the ratios, or of the values, is to be at most that. */
export type Target = { readonly ratio: number } | { readonly value: number };

export const MILLRACE_LOW: Server = { program: "millrace", settings: {} };
export const NGINX: Server = { program: "nginx" };
export const NGINX_FILES: Server = { program: "nginx-files" };
export const SRS_DEFAULT: Server = { program: "srs", configuration: "default" };
export const SRS_REALTIME: Server = { program: "srs", configuration: "realtime" };
/** The floor with the policy `low`. */
export const FLOOR_VIDEO: Server = { program: "floor", flush: "video" };

export function millraceFlush(flush: "instant" | "low" | number): Server {
  if (typeof flush === "number") {
    return { program: "millrace", settings: { "play.flush": "merge", "play.mergeMs": flush } };
  }
  return flush === "low" ? MILLRACE_LOW : { program: "millrace", settings: { "play.flush": flush } };
}
