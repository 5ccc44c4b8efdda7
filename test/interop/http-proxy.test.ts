import { match, rejects } from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { type ConnectOptions, connect } from "../../src/client/index.ts";
import { clip } from "../fixtures/media.ts";
import { createCertificate } from "../support/certificates.ts";
import { clientPlay, clientPublish } from "../support/client.ts";
import { compareTags } from "../support/compare-tags.ts";
import { flvTags } from "../support/flv-tags.ts";
import { startLiveServer } from "../support/live-server.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { startTinyproxy } from "../support/tinyproxy.ts";

// tinyproxy closes its connection after each request that it hands on, and keeps those of CONNECT.
for (const scheme of ["rtmpt", "rtmpts", "rtmpte", "ws", "wss"] as const) {
  test(`through tinyproxy by ${scheme}, everything arrives bit by bit`, async (t) => {
    const { cert, key } = await createCertificate(["127.0.0.1"]);
    const certificateFile = join(temporaryFolder(t), "server.pem");
    writeFileSync(certificateFile, cert + key);
    const live = await startLiveServer(t, { tls: { certificates: [{ certificateFile }] } });
    const proxy = await startTinyproxy(t, "me", "secret");
    const options: ConnectOptions = { httpProxy: `http://me:secret@${proxy}`, tls: { ca: cert } };
    const url = live.url("live/key", scheme);
    const tags = flvTags(clip("h264-aac"));
    const played = clientPlay(t, url, options);
    await live.until("playing");
    await clientPublish(t, url, tags, options);
    compareTags(tags, await played, { untilEnd: true, sameOrder: true });
    await rejects(connect(url, { ...options, httpProxy: proxy }), (error) => {
      match(String(error), /407 .*(wants a user and password|wants user and password)/);
      return true;
    });
  });
}
