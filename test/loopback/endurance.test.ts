import { equal, ok } from "node:assert/strict";
import { after, describe, it, type TestContext } from "node:test";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { type ConnectOptions, playFrom, publishTo } from "../../src/client/index.ts";
import { encodeCommand } from "../../src/rtmp/message/command.ts";
import { MessageType } from "../../src/rtmp/message/message.ts";
import { openTransport } from "../../src/transport/open-transport.ts";
import { parseRtmpUrl, RTMP_SCHEMES, type RtmpScheme } from "../../src/transport/rtmp-url.ts";
import { writeLocalCertificate } from "../support/certificates.ts";
import { startLiveServer } from "../support/live-server.ts";
import { RelayServer } from "../support/relay-server.ts";
import { startStreamPort } from "../support/stream-port.ts";
import { accelerated, Comparison } from "../support/ten-minutes.ts";
import { WireEnd } from "../support/wire-end.ts";

// Ten minutes of media at about one megabit a second, as fast as it goes, without a break.

const SECONDS = 600;
/** No server of ours changes its chunk size on the way, so a shorter run has to do. */
const SECONDS_OF_RELAY = 120;
const CHUNK_SIZES = [128, 4096, 65_536, 1000, 16_777_215, 333];
const WINDOW_BYTES = 8 * 1024 * 1024;
const MIB = 1024 * 1024;
/** What publisher, server and player, all in this process, may hold at a time, with what is not collected yet. */
const MAX_HELD_BYTES = 256 * MIB;
/** What may be left of 1.2 GiB, all told, when every connection is over. */
const MAX_LEFT_BYTES = 64 * MIB;

const owner = { after };
const { certificateFile, caFile } = await writeLocalCertificate(owner);
const tls = { certificates: [{ certificateFile }] };
const clientOptions: ConnectOptions = { tls: { caFile }, httpProxy: false, highWaterBytes: MIB };
// Ten minutes pass in seconds: a viewer is never so far behind in bytes as it is in the media's time.
const live = await startLiveServer(owner, { tls, play: { maxLagMs: SECONDS * 1000, maxLagBytes: 32 * MIB } });

const bytesAtStart = await collectedBytes();

type Player = { readonly ended: Promise<void> };

/** Plays by our client until the broadcast ends, and compares each message with the next that was sent. */
async function play(t: TestContext, url: string, comparison: Comparison): Promise<Player> {
  const unpublished = Promise.withResolvers<void>();
  const stream = await playFrom(url, {
    ...clientOptions,
    play: {
      onStatus: ({ code }) => {
        if (code === "NetStream.Play.UnpublishNotify") unpublished.resolve();
      },
    },
  });
  t.after(() => stream.close());
  stream.onMessage((message) => comparison.received(message));
  const broken = stream.ended.then(({ description }) => {
    throw new Error(`the player's stream ended: ${description}`);
  });
  broken.catch(() => {});
  return { ended: Promise.race([unpublished.promise, broken]) };
}

/** Publishes by a wire alone, which announces another chunk size every 5000 messages. */
async function publishByWire(t: TestContext, name: string, scheme: RtmpScheme, comparison: Comparison): Promise<void> {
  const url = parseRtmpUrl(live.url(name, scheme));
  const stream = await openTransport(url, { tls: { caFile }, httpProxy: false });
  t.after(() => stream.destroy());
  const isRtmpe = scheme === "rtmpe" || scheme === "rtmpte";
  const started = Promise.withResolvers<void>();
  const end = WireEnd.client(stream, isRtmpe, ({ type, payload }) => {
    if (type === MessageType.Command && Buffer.from(payload).includes("NetStream.Publish.Start")) started.resolve();
  });
  const command = (command: string, transactionId: number, streamId: number, ...args: (string | number)[]): void =>
    end.send(encodeCommand({ name: command, transactionId, args }, streamId));
  end.send(encodeCommand({ name: "connect", transactionId: 1, commandObject: { app: url.app }, args: [] }, 0));
  command("createStream", 2, 0);
  command("publish", 3, 1, url.key, "live");
  await Promise.race([started.promise, end.closed]);
  let count = 0;
  for (const { kind, timestamp, payload } of accelerated(SECONDS, startOf(SECONDS))) {
    if (count % 5000 === 0) end.changeChunkSize(CHUNK_SIZES[(count / 5000) % CHUNK_SIZES.length] ?? 128);
    count++;
    comparison.sent({ kind, timestamp, payload });
    end.send({ type: kind === "audio" ? MessageType.Audio : MessageType.Video, timestamp, streamId: 1, payload });
    if (end.isCongested) await end.ready();
    await comparison.ready();
  }
  command("deleteStream", 4, 0, 1);
  stream.close(5000);
}

/** Publishes by our client. */
async function publishByClient(t: TestContext, url: string, seconds: number, comparison: Comparison): Promise<void> {
  const stream = await publishTo(url, clientOptions);
  t.after(() => stream.close());
  for (const message of accelerated(seconds, startOf(seconds))) {
    comparison.sent(message);
    if (!stream.write(message)) await stream.ready();
    await comparison.ready();
  }
  await stream.close();
}

/** Half way through, timestamps no longer fit into 24 bits. */
function startOf(seconds: number): number {
  return 0xffffff - (seconds / 2) * 1000;
}

type Run = (comparison: Comparison) => Promise<{ readonly player: Player; readonly published: Promise<void> }>;

async function assertUnbroken(t: TestContext, run: Run): Promise<void> {
  const memory = await watchMemory();
  const comparison = new Comparison(WINDOW_BYTES);
  const { player, published } = await run(comparison);
  await Promise.all([published, player.ended]);
  ok(comparison.isWhole, "all that was sent has arrived");
  const mostBytes = memory.stop();
  ok(mostBytes < MAX_HELD_BYTES, `${inMib(mostBytes)} were held at a time`);
  const { messages, receivedBytes } = comparison;
  t.diagnostic(`${messages} messages, ${inMib(receivedBytes)}; at most ${inMib(mostBytes)} were held`);
}

describe("ten minutes without a break, over every transport", () => {
  for (const scheme of RTMP_SCHEMES) {
    it(`${scheme}: our client publishes and plays`, (t) =>
      assertUnbroken(t, async (comparison) => {
        const url = live.url(`live/client-${scheme}`, scheme);
        const player = await play(t, url, comparison);
        return { player, published: publishByClient(t, url, SECONDS, comparison) };
      }));

    it(`${scheme}: the publisher's chunk size changes on the way`, (t) =>
      assertUnbroken(t, async (comparison) => {
        const name = `live/wire-${scheme}`;
        const player = await play(t, live.url(name, scheme), comparison);
        return { player, published: publishByWire(t, name, scheme, comparison) };
      }));

    it(`${scheme}: the server's chunk size changes on the way`, (t) =>
      assertUnbroken(t, async (comparison) => {
        const relay = new RelayServer(CHUNK_SIZES, 1000);
        const port = await startStreamPort(t, tls, (stream) => relay.accept(stream));
        const url = `${scheme}://127.0.0.1:${port}/live/key`;
        const player = await play(t, url, comparison);
        return { player, published: publishByClient(t, url, SECONDS_OF_RELAY, comparison) };
      }));
  }

  it("nothing was unusual to the server, and nothing is left", async (t) => {
    equal(live.lines.filter(({ level }) => level === "warn" || level === "error").length, 0);
    const leftBytes = (await collectedBytes()) - bytesAtStart;
    ok(leftBytes < MAX_LEFT_BYTES, `${inMib(leftBytes)} are left`);
    t.diagnostic(`${inMib(leftBytes)} are left`);
  });
});

/** Tells the most that was held, in JavaScript's memory and in buffers, beyond what was at the start. */
async function watchMemory(): Promise<{ stop(): number }> {
  const before = await collectedBytes();
  let most = before;
  const timer = setInterval(() => {
    most = Math.max(most, heldBytes());
  }, 20);
  return {
    stop() {
      clearInterval(timer);
      return most - before;
    },
  };
}

/** Without what nobody uses any more. Buffers are freed behind the collection that finds them. */
async function collectedBytes(): Promise<number> {
  setFlagsFromString("--expose-gc");
  const collect: () => void = runInNewContext("gc");
  for (let round = 0; round < 5; round++) {
    collect();
    await new Promise((resolve) => setImmediate(resolve));
  }
  return heldBytes();
}

function heldBytes(): number {
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

function inMib(bytes: number): string {
  return `${(bytes / MIB).toFixed(1)} MiB`;
}
