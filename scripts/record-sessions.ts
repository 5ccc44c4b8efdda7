import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { clip } from "../test/fixtures/media.ts";
import { clientPlay, clientPublish } from "../test/support/client.ts";
import { ffmpegListen, ffmpegPlay, ffmpegPublish } from "../test/support/ffmpeg.ts";
import { flvTags } from "../test/support/flv-tags.ts";
import { freePort, untilListening } from "../test/support/free-port.ts";
import { gstPlay, gstPublish } from "../test/support/gstreamer.ts";
import { startLiveServer } from "../test/support/live-server.ts";
import type { CleanUp, PeerProcess } from "../test/support/peer-process.ts";
import { bytesFrom, startRecordingProxy } from "../test/support/recording-proxy.ts";
import { requirePeer } from "../test/support/require-peer.ts";
import { rtmpdumpPlay } from "../test/support/rtmpdump.ts";
import { temporaryFolder } from "../test/support/temporary-folder.ts";
import { ROOT } from "./run-step.ts";

// Records what real peers send into test/fixtures/sessions: node scripts/record-sessions.ts
const FOLDER = join(ROOT, "test", "fixtures", "sessions");
const MAX_BYTES = 100_000;

const ends: (() => Promise<void>)[] = [];
const owner: CleanUp = { after: (end) => ends.push(end) };

mkdirSync(FOLDER, { recursive: true });
const folder = temporaryFolder(owner);
const short = join(folder, "short.flv");
const cut = ["-v", "error", "-i", clip("h264-aac"), "-t", "0.8", "-c", "copy", short];
execFileSync(requirePeer("ffmpeg"), cut, { stdio: "inherit" });

const { port: serverPort, until } = await startLiveServer(owner, { publish: { graceMs: 0 } });
const proxy = await startRecordingProxy(owner, serverPort);
const url = proxy.url("live/key");

/** Plays, and publishes meanwhile; the player's connection is the first of the proxy's. */
async function recordPlayer(name: string, start: () => PeerProcess): Promise<void> {
  const first = proxy.connections.length;
  const playing = playersSoFar();
  const player = start();
  await until("playing", playing + 1);
  await clientPublish(owner, `rtmp://127.0.0.1:${serverPort}/live/key`, flvTags(short), { isRealtime: true });
  await player.stop();
  save(name, first, ["client", "server"]);
}

async function recordPublisher(name: string, start: () => PeerProcess): Promise<void> {
  const first = proxy.connections.length;
  await start().done;
  save(name, first, ["client", "server"]);
}

function save(name: string, index: number, sides: readonly ("client" | "server")[]): void {
  const connection = proxy.connections[index];
  if (connection === undefined) throw new Error(`${name} did not connect`);
  for (const side of sides) {
    const bytes = bytesFrom(connection, side).subarray(0, MAX_BYTES);
    writeFileSync(join(FOLDER, `${name}.${side}.bin`), bytes);
    console.log(`${name}.${side}.bin ${bytes.length}`);
  }
}

let plays = 0;
function playersSoFar(): number {
  return plays++;
}

await recordPublisher("ffmpeg-publish", () => ffmpegPublish(owner, url, short));
await recordPublisher("gstreamer-publish", () => gstPublish(owner, url, short));
await recordPlayer("ffmpeg-play", () => ffmpegPlay(owner, url, join(folder, "ffmpeg.flv")));
await recordPlayer("rtmpdump-play", () => rtmpdumpPlay(owner, url, join(folder, "rtmpdump.flv")));
await recordPlayer("gstreamer-play", () => gstPlay(owner, url, join(folder, "gstreamer.flv")));

const ownFirst = proxy.connections.length;
const ownPlay = clientPlay(owner, url);
await until("playing", ++plays);
await clientPublish(owner, url, flvTags(short), { isRealtime: true });
await ownPlay;
save("millrace-play", ownFirst, ["client", "server"]);
save("millrace-publish", ownFirst + 1, ["client", "server"]);

const listenPort = await freePort();
const listening = ffmpegListen(owner, `rtmp://127.0.0.1:${listenPort}/live/key`, join(folder, "listen.flv"));
await untilListening(listenPort);
const toFfmpeg = await startRecordingProxy(owner, listenPort);
await clientPublish(owner, toFfmpeg.url("live/key"), flvTags(short));
await listening.done;
const [connection] = toFfmpeg.connections;
if (connection === undefined) throw new Error("nobody connected to FFmpeg");
writeFileSync(join(FOLDER, "ffmpeg-listen.server.bin"), bytesFrom(connection, "server"));
for (const end of ends.reverse()) await end();
