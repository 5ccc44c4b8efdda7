/** Where a NetStream stands: `…-requested` until the server has answered. */
export type NetStreamState =
  | "idle"
  | "publish-requested"
  | "publishing"
  | "play-requested"
  | "playing"
  | "paused"
  | "deleted";

/** What moves a NetStream: `accept`, `reject` and `stop` come from the server, the rest from the client. */
export type NetStreamAction =
  | "publish"
  | "play"
  | "play2"
  | "pause"
  | "resume"
  | "seek"
  | "receiveAudio"
  | "receiveVideo"
  | "FCUnpublish"
  | "closeStream"
  | "deleteStream"
  /** Audio, video or data that the client sends. */
  | "media"
  | "accept"
  | "reject"
  | "stop";

/** What a NetStream may do next; what is absent is refused. RTMP 1.0 section 7.2.2. */
export const NEXT_STREAM_STATE: Readonly<
  Record<NetStreamState, Readonly<Partial<Record<NetStreamAction, NetStreamState>>>>
> = {
  idle: {
    publish: "publish-requested",
    play: "play-requested",
    receiveAudio: "idle",
    receiveVideo: "idle",
    closeStream: "idle",
    deleteStream: "deleted",
  },
  // Some encoders send media right after `publish`, without waiting for the answer.
  "publish-requested": {
    publish: "publish-requested",
    media: "publish-requested",
    accept: "publishing",
    reject: "idle",
    FCUnpublish: "idle",
    closeStream: "idle",
    deleteStream: "deleted",
  },
  publishing: {
    publish: "publishing",
    media: "publishing",
    reject: "idle",
    stop: "idle",
    FCUnpublish: "idle",
    closeStream: "idle",
    deleteStream: "deleted",
  },
  "play-requested": {
    play: "play-requested",
    receiveAudio: "play-requested",
    receiveVideo: "play-requested",
    accept: "playing",
    reject: "idle",
    closeStream: "idle",
    deleteStream: "deleted",
  },
  playing: {
    play: "play-requested",
    play2: "playing",
    pause: "paused",
    resume: "playing",
    seek: "playing",
    receiveAudio: "playing",
    receiveVideo: "playing",
    reject: "idle",
    stop: "idle",
    closeStream: "idle",
    deleteStream: "deleted",
  },
  paused: {
    play: "play-requested",
    play2: "paused",
    pause: "paused",
    resume: "playing",
    seek: "paused",
    receiveAudio: "paused",
    receiveVideo: "paused",
    reject: "idle",
    stop: "idle",
    closeStream: "idle",
    deleteStream: "deleted",
  },
  deleted: {},
};
