import { HEALTH_CODES } from "../../src/broadcast/health/health-codes.ts";
import { HEALTH_THRESHOLDS as THRESHOLDS } from "../../src/broadcast/health/health-thresholds.ts";

/** The text of docs/doctor.md, from the codes of the doctor: a test keeps the file equal to it. */
export function doctorDocs(): string {
  const rows = Object.entries(HEALTH_CODES).map(
    ([code, { meaning, advice }]) => `| \`${code}\` | ${meaning} | ${WHEN[code] ?? ""} | ${sentence(advice)} |`,
  );
  return `${INTRODUCTION}${rows.join("\n")}\n${CUT_OFF}`;
}

function sentence(advice: string): string {
  return `${advice.slice(0, 1).toUpperCase()}${advice.slice(1)}.`;
}

const T = THRESHOLDS;

/** From where on each is found. */
export const WHEN: Readonly<Record<string, string>> = {
  "nothing-comes": `${inSeconds(T.silentMs)}: bad`,
  "missing-configuration": `${inSeconds(T.missingConfigurationMs)} after the first frame: bad. H.264, H.265, H.266, AV1 and AAC`,
  "no-keyframe": `${inSeconds(T.firstKeyframeMs)} of pictures without any, later ${inSeconds(T.keyframeMs)}: bad`,
  "missing-track": `${inSeconds(T.missingTrackMs)}: bad`,
  "track-stopped": `${inSeconds(T.stoppedTrackMs)}: bad`,
  "timestamp-jumps": "one in half a minute: bad",
  "too-fast": `${T.tooFast} times real time, bad from ${T.badTooFast} times on; ${inSeconds(T.farAheadOfTimeMs)} more media than time: bad at once`,
  "falls-behind": `${T.tooSlow} times real time and ${inSeconds(T.behindMs)} late, bad from ${T.badTooSlow} times on`,
  "late-media": `${T.jitterMs} ms in one of 20 seconds, bad from ${inSeconds(T.badJitterMs)} on`,
  "timestamps-back": `${T.stepsBack} steps, or one of ${T.stepBackMs} ms, in half a minute; bad from ${T.badStepsBack} on`,
  "timestamp-gaps": "one of more than 1 s in half a minute, unless such distances are usual",
  "long-gop": `${inSeconds(T.longGopMs)} on average, bad from ${inSeconds(T.badGopMs)} on`,
  "uneven-gop": `the longest is ${T.unevenGopRatio} times the mean, and ${inSeconds(T.unevenGopMs)} at least`,
  "audio-video-drift": `${T.driftMs} ms since the beginning, bad from ${inSeconds(T.badDriftMs)} on`,
  "audio-video-offset": `${T.offsetMs} ms on average, bad from ${inSeconds(T.badOffsetMs)} on`,
  "late-track": `${T.lateTrackMs} ms; told in the first minute`,
  "poor-interleave": inSeconds(T.interleaveMs),
  "low-frame-rate": `${percent(T.frameRateShare)} of what is announced, bad below ${percent(T.badFrameRateShare)}`,
  "uneven-frame-rate": `the standard deviation is ${percent(T.unevenSteps)} of the distance of two pictures, at more than ${1000 / T.slideShowMs} frames/s`,
  "high-bitrate": `${T.highBitrateRatio} times what is announced, over half a minute`,
  "low-bitrate": `${percent(T.lowBitrateShare)} of what is announced; video alone`,
  "bitrate-spikes": `${T.spikeRatio} times the mean, and ${T.spikeBits / 1e6} Mbit/s more`,
  "configuration-changed": "told for a minute; another codec, size or sample rate",
  "unplayable-codec": "FLV1, VP6, Screen Video, H.263, Speex, Nellymoser, ADPCM, PCM and G.711",
  "unanswered-pings": `${T.unansweredPings}, of one that answered before: OBS never does, and that is no fault`,
  "high-round-trip": `${T.roundTripMs} ms`,
  unacknowledged: `${T.unacknowledgedWindows} windows`,
  "missing-metadata": `${inSeconds(T.leastWatchedMs)} after the beginning`,
};

function inSeconds(ms: number): string {
  return `${ms / 1000} s`;
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}

const INTRODUCTION = `# The doctor

<!-- Made from src/broadcast/health: UPDATE_DOCS=1 node --test test/docs/doctor.test.ts -->

The server measures each publisher, and judges it by what came in the last half minute: a verdict of one sentence, which is
the gravest finding with advice, or that all is well.

\`\`\`text
Keyframe every 10.0 s: set the keyframe interval to 2 s, so that viewers start faster (OBS: Output, Keyframe Interval; …).
All is well: H.264 High 4.1 1920×1080 at 30 frames/s, 6.0 Mbit/s, keyframe every 2.0 s, AAC-LC 48 kHz stereo at 160 kbit/s.
\`\`\`

| where | what |
|---|---|
| page and API | the verdict, all findings and the figures; after the end, the last ones, until the next publication |
| events | a change between good, warning and bad, at most once in half a minute for each publication |
| log | the same; and \`health\` and \`verdict\` in the line of each publication that ends |
| a program | \`server.broadcasts.get("live/key")?.healthAt(performance.now())\` |

There is no verdict in the first ${T.leastWatchedMs / 1000} seconds, unless something is plainly wrong. Publishers that nobody watches are read in
rounds (\`publish.unwatchedReadMs\`): so much is taken off lateness and round trip, as it is the server's own. A publisher
that sends is pinged three times in \`timeouts.pingIntervalMs\`, for its round trip.

## Findings

The codes are stable. Where it is not said that it is bad, it is a warning.

| code | what it means | from where on | what to do |
|---|---|---|---|
`;

const CUT_OFF = `
## When a publisher is cut off

The encoder is told the sentence that stands in the log as the reason, with what to do. A client library rejects with it, and
FFmpeg prints it as \`Server error: …\`.

| by | status | sentence |
|---|---|---|
| silence, a limit, a violation | \`NetStream.Failed\` | message and remedy of [errors.md](errors.md); the log has the code before it |
| somebody who takes the name over | \`NetStream.Publish.BadName\` | Another publisher took over NAME. Stop one of the two, or use another key. |
| a name that is in use | \`NetStream.Publish.BadName\` | NAME is already being published. Stop the other publisher, or use another key. |
| too many broadcasts | \`NetStream.Publish.BadName\` | The server has too many broadcasts. Raise maxBroadcasts, or come back later. |
| a hook that says no | \`NetStream.Publish.BadName\` | the reason that the hook gives |
| an operator | \`NetStream.Failed\` | Ended by an operator: REASON |
| the end of the server | \`NetConnection.Connect.AppShutdown\` | The server shuts down. Connect again in a moment. |
| a fault of the server | \`NetStream.Failed\` | An unexpected error of the server. Connect again, and report what its log says. |
`;
