/** How much media there is in front of the player at least: seconds. What comes unevenly needs more, and gets it. */
const TARGET = 0.25;
const MOST_TARGET = 1;
/** More than the target by so much, and it plays faster until it is back at it. */
const TOLERANCE = 0.25;
const CATCH_UP_RATE = 1.1;
/** Each time there is nothing to show, the target grows by that. */
const STALL_STEP = 0.15;
/** It leaps where faster will not do, as after a pause; and at the beginning: what comes first is as old as the newest keyframe. */
const LEAP_AT = 4;
const LEAP_AT_FIRST = 0.7;
const FIRST_LOOKS = 6;
const LOOK_EVERY_MS = 500;

/** Keeps a player near to what has come last, over holes in it, too. Returns a function that ends that. */
export function followLive(video: HTMLVideoElement): () => void {
  let looks = 0;
  let target = TARGET;
  const look = (): void => {
    const { buffered, currentTime, paused } = video;
    if (buffered.length === 0 || paused) return;
    const start = buffered.start(buffered.length - 1);
    const newest = buffered.end(buffered.length - 1);
    const behind = newest - currentTime;
    looks++;
    if (currentTime < start || behind > (looks <= FIRST_LOOKS ? LEAP_AT_FIRST : LEAP_AT)) {
      video.currentTime = Math.max(start, newest - target);
    } else if (behind > target + TOLERANCE) {
      video.playbackRate = CATCH_UP_RATE;
    } else if (behind <= target) {
      video.playbackRate = 1;
    }
  };
  const onWaiting = (): void => {
    if (looks > FIRST_LOOKS && !video.seeking) target = Math.min(MOST_TARGET, target + STALL_STEP);
  };
  video.addEventListener("waiting", onWaiting);
  const timer = setInterval(look, LOOK_EVERY_MS);
  return () => {
    clearInterval(timer);
    video.removeEventListener("waiting", onWaiting);
    video.playbackRate = 1;
  };
}
