import { deepEqual, equal, match } from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { application } from "../../src/server/index.ts";
import { clip } from "../fixtures/media.ts";
import { ffmpegPublish } from "../support/ffmpeg.ts";
import { type LiveServer, startLiveServer } from "../support/live-server.ts";
import { rtmpdumpPlay } from "../support/rtmpdump.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

// What librtmp and FFmpeg put behind the command object of `connect`: each list in both programs' common notation.

const LISTS: readonly (readonly [notation: readonly string[], values: readonly unknown[]])[] = [
  [["S:ticket-5"], ["ticket-5"]],
  [
    ["B:1", "B:0", "N:2.5", "S:a text", "Z:"],
    [true, false, 2.5, "a text", null],
  ],
  [
    ["B:1", "S:text", "O:1", "NS:key:value", "NN:number:-3", "NB:flag:1", "O:0", "S:after it"],
    [true, "text", { key: "value", number: -3, flag: true }, "after it"],
  ],
  [
    ["O:1", "NS:outer:a", "NO:inner:1", "NS:key:b", "O:0", "O:0", "S:last"],
    [{ outer: "a", inner: { key: "b" } }, "last"],
  ],
];

type Live = LiveServer & { readonly heard: unknown[][] };

/** A server whose application "live" lets in who says more than nothing. */
async function startServer(t: TestContext): Promise<Live> {
  const heard: unknown[][] = [];
  const live = application("live", {
    onConnect(_, ...args) {
      heard.push(JSON.parse(JSON.stringify(args)));
      return args.length > 0 ? undefined : { allow: false, reason: "There is no ticket." };
    },
  });
  return { ...(await startLiveServer(t, { applications: [live] })), heard };
}

for (const [notation, values] of LISTS) {
  const text = notation.join(" ");

  test(`an application gets what rtmpdump's -C says: ${text}`, async (t) => {
    const server = await startServer(t);
    const flags = notation.flatMap((one) => ["-C", one]);
    const player = rtmpdumpPlay(t, server.url(), `${temporaryFolder(t)}/out.flv`, { flags });
    await server.until("playing");
    deepEqual(server.heard, [values]);
    await player.kill();
  });
}

test("an application gets what FFmpeg's rtmp_conn says, as it gets rtmpdump's", async (t) => {
  const server = await startServer(t);
  // It parts its values by spaces, so texts have none.
  const lists = LISTS.filter(([notation]) => !notation.some((one) => one.includes(" ")));
  for (const [index, [notation]] of lists.entries()) {
    const publisher = ffmpegPublish(t, server.url(`live/${index}`), clip("h264-aac"), {
      outputOptions: ["-c", "copy", "-rtmp_conn", notation.join(" ")],
    });
    await server.until("publishing", index + 1);
    await publisher.kill();
  }
  deepEqual(
    server.heard,
    lists.map(([, values]) => values),
  );
});

test("rtmpdump and FFmpeg end when the application refuses what they say", async (t) => {
  const server = await startServer(t);
  const player = rtmpdumpPlay(t, server.url(), `${temporaryFolder(t)}/out.flv`);
  const { exitCode, stderrTail } = await player.done;
  equal(exitCode, 1);
  match(stderrTail, /rtmp server sent error/);
  const publisher = ffmpegPublish(t, server.url(), clip("h264-aac"));
  match((await publisher.done).stderrTail, /Server error: .*There is no ticket\./);
  deepEqual(server.heard, [[], []]);
});
