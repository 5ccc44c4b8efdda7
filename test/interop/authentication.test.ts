import { equal, match, ok } from "node:assert/strict";
import { type TestContext, test } from "node:test";
import type { AuthenticationMode } from "../../src/rtmp/authentication/access-manager.ts";
import { clip } from "../fixtures/media.ts";
import { ffmpegPlay, ffmpegPublish } from "../support/ffmpeg.ts";
import { gstPublishAtOnce } from "../support/gstreamer.ts";
import { type LiveServer, startLiveServer } from "../support/live-server.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const USERS = new Map([["joe", "secret"]]);

type Asked = LiveServer & { readonly users: (string | undefined)[]; readonly refusals: () => readonly string[] };

/** A server that asks publishers by one scheme, and notes who publishes. */
async function askingServer(t: TestContext, mode: AuthenticationMode): Promise<Asked> {
  const users: (string | undefined)[] = [];
  const live = await startLiveServer(t, {
    authentication: { users: USERS, modes: [mode] },
    hooks: {
      onPublish({ connection }) {
        users.push(connection.user);
        return { allow: true };
      },
    },
  });
  const refusals = (): readonly string[] =>
    live.lines.map(({ details }) => String(details["reason"] ?? "")).filter((reason) => reason.startsWith("refused"));
  return { ...live, users, refusals };
}

const REFUSED_TWICE = ["authentication is wanted", "authentication: a challenge was sent"];

async function assertAsked(server: Asked): Promise<void> {
  await server.until("publishing");
  equal(server.users.join(), "joe");
  await server.until("connection closed", 2);
  equal(server.refusals().join(), REFUSED_TWICE.map((reason) => `refused to connect: ${reason}`).join());
}

for (const mode of ["adobe", "llnw"] as const) {
  test(`FFmpeg publishes with user and password, by ${mode}, and others play without`, async (t) => {
    const server = await askingServer(t, mode);
    const player = ffmpegPlay(t, server.url(), `${temporaryFolder(t)}/played.flv`, { frames: 10 });
    await server.until("playing");
    const url = server.url().replace("//", "//joe:secret@");
    const publisher = ffmpegPublish(t, url, clip("h264-aac"), { loops: -1 });
    await assertAsked(server);
    equal((await player.done).exitCode, 0, player.stderrTail());
    await publisher.stop();
  });

  test(`FFmpeg says that the password is wrong, by ${mode}`, async (t) => {
    const server = await askingServer(t, mode);
    const publisher = ffmpegPublish(t, server.url().replace("//", "//joe:wrong@"), clip("h264-aac"));
    const { stderrTail } = await publisher.done;
    match(stderrTail, /Incorrect username\/password/);
    equal(server.users.length, 0);
  });
}

test("FFmpeg without credentials says what is missing", async (t) => {
  const server = await askingServer(t, "adobe");
  const { stderrTail } = await ffmpegPublish(t, server.url(), clip("h264-aac")).done;
  match(stderrTail, /No credentials set/);
});

test("GStreamer's rtmp2sink publishes with user and password, by adobe", async (t) => {
  const server = await askingServer(t, "adobe");
  const url = server.url().replace("//", "//joe:secret@");
  const publisher = gstPublishAtOnce(t, "rtmp2sink", url, clip("h264-aac"));
  await assertAsked(server);
  await publisher.done;
});

test("librtmp publishes with pubUser and pubPasswd, by llnw", async (t) => {
  const server = await askingServer(t, "llnw");
  const url = `${server.url()} pubUser=joe pubPasswd=secret`;
  const publisher = gstPublishAtOnce(t, "rtmpsink", url, clip("h264-aac"));
  await assertAsked(server);
  await publisher.done;
});

test("librtmp with GnuTLS sends bytes that are no text by adobe, and harms nobody but itself", async (t) => {
  const server = await askingServer(t, "adobe");
  const url = `${server.url()} pubUser=joe pubPasswd=secret`;
  const broken = gstPublishAtOnce(t, "rtmpsink", url, clip("h264-aac"), { timeoutMs: 20_000 });
  await server.until("connection closed", 2);
  await broken.done;
  ok(server.refusals().length >= 2);
  const publisher = gstPublishAtOnce(t, "rtmp2sink", server.url().replace("//", "//joe:secret@"), clip("h264-aac"));
  await server.until("publishing");
  await publisher.done;
});
