/** From where on the doctor finds something. Encoders as they are set up by default stay below, but for long GOPs. */
export const HEALTH_THRESHOLDS = {
  /** Until then there is no verdict, unless something is plainly wrong. */
  leastWatchedMs: 5_000,
  silentMs: 3_000,
  /** Without a keyframe from the beginning on, and later. */
  firstKeyframeMs: 5_000,
  keyframeMs: 30_000,
  longGopMs: 5_000,
  badGopMs: 15_000,
  /** The longest as against the mean, where it is so long at least. */
  unevenGopRatio: 2.5,
  unevenGopMs: 3_000,
  missingConfigurationMs: 2_000,
  missingTrackMs: 5_000,
  /** And so many usual distances of two pictures. */
  stoppedTrackMs: 5_000,
  stoppedTrackSteps: 4,
  /** In the last half minute: so many steps back, or a single one that is so long; and so many are bad. */
  stepsBack: 3,
  stepBackMs: 100,
  badStepsBack: 20,
  tooFast: 1.1,
  badTooFast: 1.5,
  aheadOfTimeMs: 2_000,
  /** More media than time by so much is plainly wrong at once. */
  farAheadOfTimeMs: 15_000,
  paceMs: 5_000,
  tooSlow: 0.97,
  badTooSlow: 0.9,
  behindMs: 1_000,
  slowPaceMs: 8_000,
  jitterMs: 750,
  badJitterMs: 3_000,
  driftMs: 200,
  badDriftMs: 1_000,
  offsetMs: 500,
  badOffsetMs: 2_000,
  lateTrackMs: 700,
  /** A track that begins late is told for so long. */
  lateTrackToldMs: 60_000,
  interleaveMs: 1_000,
  /** Pictures as against those declared. */
  frameRateShare: 0.9,
  badFrameRateShare: 0.6,
  /** The standard deviation of the distance of two pictures, as a share of the mean; slide shows are left out. */
  unevenSteps: 0.6,
  slideShowMs: 250,
  leastPictures: 60,
  highBitrateRatio: 2,
  lowBitrateShare: 0.15,
  /** The fullest second as against the mean, where it has so many bits more. */
  spikeRatio: 3,
  spikeBits: 4_000_000,
  bitrateSeconds: 8,
  /** A change of the configuration is told for so long. */
  changeToldMs: 60_000,
  unansweredPings: 3,
  roundTripMs: 600,
  /** Windows without an acknowledgement. */
  unacknowledgedWindows: 3,
} as const;
