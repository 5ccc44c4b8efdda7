/** How much media there is in front of the player at least: seconds. What comes unevenly needs more, and gets it. */
const TARGET = 0.25;
const MOST_TARGET = 1;
/** More than the target by so much, and it plays faster until it is back at it. */
const TOLERANCE = 0.25;
const CATCH_UP_RATE = 1.1;
/** Each time there is nothing to show, the target grows; and it shrinks after each so many looks without that. */
const GROWTH = 0.15;
const SHRINKAGE = 0.05;
const CALM_LOOKS = 40;
/** It leaps where faster will not do, as after a pause; and at the beginning: what comes first is as old as the newest keyframe. */
const LEAP_AT = 4;
const LEAP_AT_FIRST = 0.7;
const FIRST_LOOKS = 6;

export const LOOK_EVERY_MS = 500;

/** What is needed of a `<video>`. */
export type LivePlayback = {
  readonly buffered: { readonly length: number; start(index: number): number; end(index: number): number };
  currentTime: number;
  playbackRate: number;
  readonly paused: boolean;
  readonly seeking: boolean;
  addEventListener(type: "waiting", listener: () => void): void;
  removeEventListener(type: "waiting", listener: () => void): void;
};

/** Keeps a player near to what has come last, over holes in it, too. Returns a function that ends that. */
export function followLive(video: LivePlayback): () => void {
  let looks = 0;
  let calmLooks = 0;
  let target = TARGET;
  const look = (): void => {
    const { buffered, currentTime, paused } = video;
    if (buffered.length === 0 || paused) return;
    looks++;
    if (++calmLooks % CALM_LOOKS === 0) target = Math.max(TARGET, target - SHRINKAGE);
    const start = buffered.start(buffered.length - 1);
    const newest = buffered.end(buffered.length - 1);
    const behind = newest - currentTime;
    if (currentTime < start || behind > (looks <= FIRST_LOOKS ? LEAP_AT_FIRST : LEAP_AT)) {
      video.currentTime = Math.max(start, newest - target);
    } else if (behind > target + TOLERANCE) {
      video.playbackRate = CATCH_UP_RATE;
    } else if (behind <= target) {
      video.playbackRate = 1;
    }
  };
  const onWaiting = (): void => {
    if (looks <= FIRST_LOOKS || video.seeking) return;
    calmLooks = 0;
    target = Math.min(MOST_TARGET, target + GROWTH);
  };
  video.addEventListener("waiting", onWaiting);
  const timer = setInterval(look, LOOK_EVERY_MS);
  return () => {
    clearInterval(timer);
    video.removeEventListener("waiting", onWaiting);
    video.playbackRate = 1;
  };
}
