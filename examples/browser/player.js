// Plays a broadcast over a WebSocket. The browser's own decoders (WebCodecs) show H.264 and let AAC be heard.
import { playFrom } from "/millrace/client/browser.js";
import { decodeAudioHeader, decodeVideoHeader } from "/millrace/formats/flv/index.js";

/** Sound that is further ahead than this is left out: it was sent for the picture's sake, from the last keyframe on. */
const MAX_SOUND_AHEAD_S = 0.5;

const form = document.querySelector("form");
const canvas = document.querySelector("canvas");
form.url.value = new URLSearchParams(location.search).get("url") ?? `ws://${location.hostname}:1935/live/test`;
form.addEventListener("submit", (event) => {
  event.preventDefault();
  watch(form.url.value).catch(say);
});

async function watch(url) {
  say("connecting");
  const stream = await playFrom(url);
  const takers = { video: showVideo(), audio: playAudio(), data() {} };
  say("watching");
  for await (const message of stream) takers[message.kind](message);
  say((await stream.ended).description);
}

function showVideo() {
  const context = canvas.getContext("2d");
  const decoder = new VideoDecoder({ error: say, output: draw });
  function draw(frame) {
    if (canvas.width !== frame.displayWidth) canvas.width = frame.displayWidth;
    if (canvas.height !== frame.displayHeight) canvas.height = frame.displayHeight;
    context.drawImage(frame, 0, 0);
    frame.close();
  }
  return ({ timestamp, payload, isKeyframe }) => {
    const { packetType, tracks: [track] = [] } = decodeVideoHeader(payload);
    if (track?.codec !== "avc") return;
    const { body, compositionTimeMs } = track;
    if (packetType === "sequence-start") {
      decoder.configure({ codec: `avc1.${hex(body.subarray(1, 4))}`, description: body });
    } else if (packetType === "frames" && decoder.state === "configured") {
      const type = isKeyframe ? "key" : "delta";
      decoder.decode(new EncodedVideoChunk({ type, timestamp: (timestamp + compositionTimeMs) * 1000, data: body }));
    }
  };
}

function playAudio() {
  const context = new AudioContext();
  let endS = 0;
  const decoder = new AudioDecoder({ error: say, output: schedule });
  function schedule(sound) {
    const { numberOfChannels, numberOfFrames, sampleRate } = sound;
    const buffer = context.createBuffer(numberOfChannels, numberOfFrames, sampleRate);
    for (let planeIndex = 0; planeIndex < numberOfChannels; planeIndex++) {
      sound.copyTo(buffer.getChannelData(planeIndex), { planeIndex, format: "f32-planar" });
    }
    sound.close();
    const startS = Math.max(endS, context.currentTime + 0.05);
    if (startS > context.currentTime + MAX_SOUND_AHEAD_S) return;
    endS = startS + buffer.duration;
    const source = new AudioBufferSourceNode(context, { buffer });
    source.connect(context.destination);
    source.start(startS);
  }
  return ({ timestamp, payload }) => {
    const { packetType, tracks: [track] = [] } = decodeAudioHeader(payload);
    if (track?.codec !== "aac") return;
    if (packetType === "sequence-start") {
      const [first, second] = track.body;
      const sampleRate = [96000, 88200, 64000, 48000, 44100, 32000, 24000][((first & 7) << 1) | (second >> 7)] ?? 44100;
      const numberOfChannels = (second >> 3) & 15;
      decoder.configure({ codec: `mp4a.40.${first >> 3}`, sampleRate, numberOfChannels, description: track.body });
    } else if (packetType === "frames" && decoder.state === "configured") {
      decoder.decode(new EncodedAudioChunk({ type: "key", timestamp: timestamp * 1000, data: track.body }));
    }
  };
}

function hex(bytes) {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function say(what) {
  document.querySelector("p").textContent = String(what);
}
