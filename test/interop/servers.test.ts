import { deepEqual, equal, rejects } from "node:assert/strict";
import { once } from "node:events";
import { connect as connectTcp } from "node:net";
import { join } from "node:path";
import { after, describe, it, type TestContext } from "node:test";
import { type ConnectOptions, connect } from "../../src/client/index.ts";
import type { RtmpScheme } from "../../src/transport/rtmp-url.ts";
import { socketStream } from "../../src/transport/socket-stream.ts";
import { clip } from "../fixtures/media.ts";
import { writeLocalCertificate } from "../support/certificates.ts";
import { clientPublish, startClientPlay } from "../support/client.ts";
import { ffmpegPlay, ffmpegPublish } from "../support/ffmpeg.ts";
import { type FlvTag, flvTags } from "../support/flv-tags.ts";
import { type HaproxyOptions, startHaproxy } from "../support/haproxy.ts";
import { startLiveServer } from "../support/live-server.ts";
import { startNginxRtmp } from "../support/nginx-rtmp.ts";
import { assertEndedWell } from "../support/peer-process.ts";
import { comparePlayed } from "../support/players.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

// Our client against servers that were written elsewhere, and our server behind a balancer that was.

const CLIP = clip("h264-aac");
const { certificateFile, caFile } = await writeLocalCertificate({ after });
const TRUSTING: ConnectOptions = { tls: { caFile }, httpProxy: false };

/** Plays and publishes by our client, and asserts that every frame arrives bit by bit, from the first to the last. */
async function assertCarried(t: TestContext, url: string, options: ConnectOptions = {}): Promise<void> {
  const player = await startClientPlay(t, url, options);
  const sent = flvTags(CLIP);
  await clientPublish(t, url, sent, options);
  assertWhole("millrace", sent, await player.allTags());
}

function assertWhole(player: "millrace" | "ffmpeg", sent: readonly FlvTag[], received: readonly FlvTag[]): void {
  const { audio, video } = comparePlayed(player, sent, received, { untilEnd: true });
  deepEqual([audio.firstIndex, video.firstIndex], [0, 0]);
}

describe("our client and nginx-rtmp", { concurrency: 2 }, () => {
  it("publishes and plays", async (t) => {
    const nginx = await startNginxRtmp(t);
    await assertCarried(t, nginx.url());
  });

  it("publishes and plays with AMF3 and the digest handshake", async (t) => {
    const nginx = await startNginxRtmp(t);
    await assertCarried(t, nginx.url(), { objectEncoding: 3, handshake: "digest" });
  });

  it("plays what FFmpeg publishes there, and publishes what FFmpeg plays", async (t) => {
    const nginx = await startNginxRtmp(t);
    const player = await startClientPlay(t, nginx.url("live/theirs"));
    const publisher = ffmpegPublish(t, nginx.url("live/theirs"), CLIP, { isRealtime: false });
    assertEndedWell(publisher, await publisher.done);
    assertWhole("millrace", flvTags(CLIP), await player.allTags());

    const output = join(temporaryFolder(t), "output.flv");
    const ffmpeg = ffmpegPlay(t, nginx.url("live/ours"), output);
    await nginx.untilLog(/play: name='ours'/);
    await clientPublish(t, nginx.url("live/ours"), flvTags(CLIP));
    assertEndedWell(ffmpeg, await ffmpeg.done);
    assertWhole("ffmpeg", flvTags(CLIP), flvTags(output));
  });
});

describe("our client and nginx-rtmp with haproxy's TLS in front", { concurrency: 2 }, () => {
  it("publishes and plays by rtmps, the certificate verified", async (t) => {
    const nginx = await startNginxRtmp(t);
    const port = await startHaproxy(t, { serverPort: nginx.port, certificateFile });
    await assertCarried(t, `rtmps://127.0.0.1:${port}/live/key`, TRUSTING);
  });

  it("refuses a certificate that nobody vouches for, and one for another name", async (t) => {
    const nginx = await startNginxRtmp(t);
    const port = await startHaproxy(t, { serverPort: nginx.port, certificateFile });
    const url = `rtmps://127.0.0.1:${port}/live`;
    await rejects(connect(url), /tls\.caFile/);
    await rejects(connect(url, { tls: { caFile, serverName: "example.org" } }), /example\.org/);
  });
});

describe("our server behind haproxy", { concurrency: 2 }, () => {
  const variants: readonly (readonly [string, Omit<HaproxyOptions, "serverPort">, readonly RtmpScheme[]])[] = [
    ["PROXY protocol v1", { sends: "send-proxy" }, ["rtmp", "rtmps", "rtmpe", "rtmpt", "rtmpts", "ws", "wss"]],
    ["PROXY protocol v2", { sends: "send-proxy-v2" }, ["rtmp", "rtmps", "rtmpe", "rtmpt", "rtmpts", "ws", "wss"]],
    [
      "PROXY protocol v2 with TLS that ends there",
      { sends: "send-proxy-v2", certificateFile },
      ["rtmps", "rtmpts", "wss"],
    ],
  ];
  for (const [name, options, schemes] of variants) {
    it(`${name}: ${schemes.join(", ")}`, async (t) => {
      const live = await startLiveServer(t, {
        tls: { certificates: [{ certificateFile }] },
        listener: { proxyProtocolFrom: ["127.0.0.1"] },
      });
      const port = await startHaproxy(t, { serverPort: live.port, ...options });
      for (const scheme of schemes) {
        await assertCarried(t, `${scheme}://127.0.0.1:${port}/live/${scheme}`, TRUSTING);
      }
      equal(live.lines.filter(({ level }) => level === "warn" || level === "error").length, 0);
    });
  }

  for (const sends of ["send-proxy", "send-proxy-v2"] as const) {
    it(`hooks get the client's own address by ${sends}`, async (t) => {
      const seen: string[] = [];
      const live = await startLiveServer(t, {
        listener: { proxyProtocolFrom: ["127.0.0.1"] },
        hooks: {
          onConnect({ remoteAddress }) {
            seen.push(remoteAddress);
            return { allow: true };
          },
        },
      });
      const port = await startHaproxy(t, { serverPort: live.port, sends });
      const socket = connectTcp({ port, host: "127.0.0.1", localAddress: "127.0.0.2" });
      await once(socket, "connect");
      const connection = await connect(`rtmp://127.0.0.1:${port}/live`, { stream: socketStream(socket) });
      deepEqual(seen, [`127.0.0.2:${socket.localPort}`]);
      await connection.close();
    });
  }
});
