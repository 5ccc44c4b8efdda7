/** What plays a broadcast in a `<video>`, by whatever protocol. */
export type Player = {
  destroy(): void;
  /** How far the picture is behind the newest that has come, or undefined before there is one. */
  latencyMs(): number | undefined;
  /** Qualities to choose from, the present one marked; empty where there is one only. */
  qualities(): readonly PlayerChoice[];
  chooseQuality(id: number): void;
  /** Renditions of sound. */
  sounds(): readonly PlayerChoice[];
  chooseSound(id: number): void;
};

export type PlayerChoice = { readonly id: number; readonly label: string; readonly isChosen: boolean };

export type PlayerEvents = {
  /** It cannot go on by itself. `mayReturn`: another try later may do, as after a publisher that went. */
  readonly onFailure: (failure: { readonly text: string; readonly mayReturn: boolean }) => void;
  /** What there is to choose from has changed. */
  readonly onChoices: () => void;
};

export type PlayerParts = "both" | "audio" | "video";

/** Behind the newest buffered picture. */
export function bufferedAheadMs(video: HTMLVideoElement): number | undefined {
  const { buffered, currentTime } = video;
  if (buffered.length === 0 || video.readyState < 2) return undefined;
  return Math.max(0, (buffered.end(buffered.length - 1) - currentTime) * 1000);
}
