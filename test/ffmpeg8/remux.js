/**
 * FFmpeg 8.1 as a command that can be killed: copies the packets of one file or URL to another, like
 * `ffmpeg -i INPUT -c copy -f FORMAT OUTPUT`. FLV carries the newer codecs by Enhanced RTMP.
 *
 *   node remux.js --input clip.flv --output rtmp://127.0.0.1:1935/live/key --realtime
 *   node remux.js --input rtmp://127.0.0.1:1935/live/key --output seen.flv --duration-ms 2000
 */
import { parseArgs } from "node:util";
import { Dictionary, FFmpegError, FormatContext, Packet } from "node-av/lib";

const AVERROR_EOF = -541478725;
const AVFMT_FLAG_FLUSH_PACKETS = 0x200;

const { values } = parseArgs({
  options: {
    input: { type: "string", multiple: true },
    output: { type: "string" },
    format: { type: "string", default: "flv" },
    realtime: { type: "boolean", default: false },
    "duration-ms": { type: "string" },
    "input-option": { type: "string", multiple: true, default: [] },
    "output-option": { type: "string", multiple: true, default: [] },
  },
});
if (values.input === undefined || values.output === undefined) {
  console.error("usage: node remux.js --input FILE|URL [--input …] --output FILE|URL [--realtime] [--duration-ms N]");
  process.exit(2);
}

let isStopping = false;
let output;
for (const signal of ["SIGINT", "SIGTERM"]) {
  process.on(signal, () => {
    isStopping = true;
    setTimeout(leaveBlockedRead, 200);
  });
}

const inputs = [];
for (const url of values.input) inputs.push(await openInput(url));
output = await openOutput(values.output);
const lengthMs = values["duration-ms"] === undefined ? Number.POSITIVE_INFINITY : Number(values["duration-ms"]);
await copyPackets(lengthMs);
await closeOutput();
process.exit(0);

/** A read from a silent peer cannot be interrupted, and holds up an orderly exit: the signal after the file is whole. */
async function leaveBlockedRead() {
  await closeOutput();
  process.kill(process.pid, "SIGKILL");
}

async function closeOutput() {
  if (output === undefined) return;
  check(await output.writeTrailer(), "write the end");
  await output.closeOutput();
}

async function openInput(url) {
  const context = new FormatContext();
  context.allocContext();
  context.maxAnalyzeDuration = 1_000_000n;
  check(await context.openInput(url, null, dictionary(values["input-option"])), `open ${url}`);
  check(await context.findStreamInfo(null), `find the streams of ${url}`);
  const packet = new Packet();
  packet.alloc();
  return { context, packet, streams: [], packetMs: 0, isAtEnd: false };
}

async function openOutput(url) {
  const context = new FormatContext();
  check(context.allocOutputContext2(null, values.format, url), `prepare ${url}`);
  for (const input of inputs) {
    for (const stream of input.context.streams) {
      const copy = context.newStream(null);
      check(stream.codecpar.copy(copy.codecpar), "copy the codec parameters");
      copy.codecpar.codecTag = 0;
      copy.timeBase = stream.timeBase;
      input.streams[stream.index] = copy;
      console.error(`stream ${copy.index}: codec ${stream.codecpar.codecId}, from ${input.context.url}`);
    }
  }
  context.setFlags(AVFMT_FLAG_FLUSH_PACKETS);
  check(await context.openOutput(), `open ${url}`);
  check(await context.writeHeader(dictionary(values["output-option"])), `write the header of ${url}`);
  console.error(`writing ${url}`);
  return context;
}

/** Takes the earliest packet of all inputs, again and again. */
async function copyPackets(untilMs) {
  for (const input of inputs) await readNext(input);
  const startedMs = Date.now();
  let firstMs;
  while (!isStopping) {
    const input = earliest();
    if (input === undefined) return;
    firstMs ??= input.packetMs;
    if (input.packetMs - firstMs >= untilMs) return;
    if (values.realtime) await sleepUntil(startedMs + input.packetMs - firstMs);
    const copy = input.streams[input.packet.streamIndex];
    input.packet.rescaleTs(timeBaseOf(input, input.packet), copy.timeBase);
    input.packet.streamIndex = copy.index;
    input.packet.pos = -1n;
    check(await output.interleavedWriteFrame(input.packet), "write a packet");
    await readNext(input);
  }
}

function earliest() {
  return inputs.filter((input) => !input.isAtEnd).sort((a, b) => a.packetMs - b.packetMs)[0];
}

async function readNext(input) {
  input.packet.unref();
  const result = await input.context.readFrame(input.packet);
  input.isAtEnd = result < 0 || isStopping;
  // Like FFmpeg's own program: a connection that breaks ends the input, and the output is finished.
  if (result < 0 && result !== AVERROR_EOF) console.error(`the input ends: ${FFmpegError.strerror(result)}`);
  if (input.isAtEnd) return;
  const { num, den } = timeBaseOf(input, input.packet);
  input.packetMs = (Number(input.packet.dts) * num * 1000) / den;
}

function timeBaseOf(input, packet) {
  return input.context.streams[packet.streamIndex].timeBase;
}

async function sleepUntil(timeMs) {
  const waitMs = timeMs - Date.now();
  if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
}

function dictionary(options) {
  if (options.length === 0) return null;
  return Dictionary.fromObject(
    Object.fromEntries(
      options.map((option) => [option.slice(0, option.indexOf("=")), option.slice(option.indexOf("=") + 1)]),
    ),
  );
}

function check(result, action) {
  if (result >= 0 || isStopping) return;
  console.error(`cannot ${action}: ${FFmpegError.strerror(result)}`);
  process.exit(1);
}
