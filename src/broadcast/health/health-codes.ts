/**
 * All that the doctor may find, the gravest first, with what it means and what to do: docs/doctor.md lists the same, held
 * together by a test. The advice follows the finding's text behind a colon.
 */
export const HEALTH_CODES = {
  "nothing-comes": {
    meaning: "The publisher is connected and sends no audio and no video.",
    advice: "check that the encoder still runs, and its network",
  },
  "missing-configuration": {
    meaning: "Pictures or sound come without the configuration that their decoder needs: nobody can play them.",
    advice:
      "start the encoder's output again; with FFmpeg, encode (-c:v libx264 -c:a aac), or copy with -bsf:v extract_extradata and -bsf:a aac_adtstoasc",
  },
  "no-keyframe": {
    meaning: "Pictures come, and none that a player can begin with.",
    advice: "set the keyframe interval to 2 s (OBS: Output, Keyframe Interval; FFmpeg at 30 frames/s: -g 60)",
  },
  "missing-track": {
    meaning: "The metadata announce audio or video that does not come: some players wait for it.",
    advice: "check the encoder's source, or turn that track off (FFmpeg: -an or -vn)",
  },
  "track-stopped": {
    meaning: "Audio goes on and video has stopped, or the other way round.",
    advice: "check the camera, the microphone or the source of that track, and whether the encoder is overloaded",
  },
  "timestamp-jumps": {
    meaning: "Timestamps jumped, and the server closed the jump: pictures and sound may be missing there.",
    advice: "let the encoder count on when its source restarts (FFmpeg: encode instead of -c copy, or -fflags +genpts)",
  },
  "too-fast": {
    meaning: "More media comes than time passes: viewers are left behind, or skip.",
    advice: "send in real time (FFmpeg: -re before -i)",
  },
  "falls-behind": {
    meaning: "Less media comes than time passes: viewers stall again and again.",
    advice:
      "lower the video bitrate below what the uplink carries, or choose a faster preset of the encoder (OBS: Output, CPU Usage Preset; FFmpeg: -preset veryfast)",
  },
  "late-media": {
    meaning: "Media comes late and in bursts: players must hold so much back, or stall.",
    advice: "lower the bitrate, and use a cable instead of a wireless network",
  },
  "timestamps-back": {
    meaning: "Timestamps step back within a track; the server holds them at the last one.",
    advice:
      "give every frame a later time than the one before (FFmpeg: -fflags +genpts before -i, or encode instead of -c copy)",
  },
  "timestamp-gaps": {
    meaning: "Timestamps leave out more than a second: viewers see a still picture, or hear nothing.",
    advice: "check the source for pauses, and whether the encoder drops frames (OBS: View, Stats)",
  },
  "long-gop": {
    meaning: "Keyframes are far apart: viewers wait longer for the first picture, and HLS segments become long.",
    advice:
      "set the keyframe interval to 2 s, so that viewers start faster (OBS: Output, Keyframe Interval; FFmpeg at 30 frames/s: -g 60)",
  },
  "uneven-gop": {
    meaning: "Keyframes come at very different distances: HLS segments and the start of viewers vary as much.",
    advice: "set a fixed keyframe interval of 2 s (FFmpeg at 30 frames/s: -g 60 -keyint_min 60 -sc_threshold 0)",
  },
  "audio-video-drift": {
    meaning: "The clocks of audio and video run apart: lips and voice part more and more.",
    advice:
      "take both from one clock, or resample audio (OBS: same sample rate as the device; FFmpeg: -af aresample=async=1)",
  },
  "audio-video-offset": {
    meaning: "Audio and video of the same moment come far apart.",
    advice: "remove the offset (OBS: Advanced Audio Properties, Sync Offset; FFmpeg: -itsoffset)",
  },
  "late-track": {
    meaning: "When it began, the first audio and the first video had timestamps that are far apart.",
    advice:
      "begin both together (OBS: Advanced Audio Properties, Sync Offset; FFmpeg: -itsoffset, or -ss before each -i)",
  },
  "poor-interleave": {
    meaning: "Much of one kind comes before the other catches up: players must hold that much.",
    advice:
      "send audio and video in the order of their timestamps (FFmpeg: a small -max_interleave_delta, or encode instead of -c copy)",
  },
  "low-frame-rate": {
    meaning: "Fewer pictures come than the metadata announce: the encoder or its network leaves some out.",
    advice:
      "check dropped frames (OBS: View, Stats), lower bitrate, size or frame rate, or choose a faster preset of the encoder",
  },
  "uneven-frame-rate": {
    meaning: "Pictures come at very uneven distances in media time: motion stutters.",
    advice: "encode at a constant frame rate (FFmpeg: -r 30 -fps_mode cfr), and check whether frames are dropped",
  },
  "high-bitrate": {
    meaning: "Much more comes than the metadata announce: viewers' networks may not carry it.",
    advice: "limit the encoder (OBS: Rate Control CBR; FFmpeg: -maxrate and -bufsize as well as -b:v)",
  },
  "low-bitrate": {
    meaning: "Much less comes than the metadata announce.",
    advice: "check that the source is not black, frozen or mute; if it is meant to be still, all is well",
  },
  "bitrate-spikes": {
    meaning: "Single seconds have several times the usual bits: viewers stall there.",
    advice: "smooth the encoder (OBS: Rate Control CBR; FFmpeg: -maxrate and -bufsize of one second)",
  },
  "configuration-changed": {
    meaning: "Codec or size changed while it was live: many players need a new start for that.",
    advice: "keep codec, size and sample rate as they are while live, and restart players that froze",
  },
  "unplayable-codec": {
    meaning: "Browsers cannot play this codec; players such as VLC and FFmpeg can.",
    advice: "encode H.264 and AAC (FFmpeg: -c:v libx264 -c:a aac)",
  },
  "unanswered-pings": {
    meaning: "It answered pings before, and does not any more: the way to it may be broken.",
    advice: "check the encoder and its network",
  },
  "high-round-trip": {
    meaning: "Answers take long: the network is far or full.",
    advice: "lower the bitrate if the uplink is full, or publish to a server nearby",
  },
  unacknowledged: {
    meaning: "It has been sent much and never acknowledged any of it, against the protocol.",
    advice: "report the encoder's name and version to its makers; nothing needs to be done here",
  },
  "missing-metadata": {
    meaning: "No onMetaData came: players learn size, codecs and rates only from the media.",
    advice: "let the encoder send onMetaData (FFmpeg: without -flvflags no_metadata)",
  },
} as const;

/** A stable name for one kind of finding: programs may branch on it, while texts may change. */
export type HealthCode = keyof typeof HEALTH_CODES;

const GRAVITY = new Map<string, number>(Object.keys(HEALTH_CODES).map((code, index) => [code, index]));

/** Smaller is graver. */
export function gravityOf(code: HealthCode): number {
  return GRAVITY.get(code) ?? GRAVITY.size;
}
