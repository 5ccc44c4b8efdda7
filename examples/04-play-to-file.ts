/**
 * Plays a broadcast into an FLV file, until its publisher ends it. Starts before or after the publisher.
 * Usage: node examples/04-play-to-file.ts [url] [file]
 */
import { open } from "node:fs/promises";
import { type PlayStream, playFrom } from "millrace";
import { encodeFlvHeader, encodeMediaTag } from "millrace/flv";

const [url = "rtmp://127.0.0.1/live/test", file = "out.flv"] = process.argv.slice(2);
const output = await open(file, "w");
await output.write(encodeFlvHeader({ hasAudio: true, hasVideo: true }));

const stream: PlayStream = await playFrom(url, {
  play: {
    onStatus({ code }) {
      if (code === "NetStream.Play.UnpublishNotify") void stream.close();
    },
  },
});
console.log(`playing ${url} to ${file}`);

let messages = 0;
for await (const message of stream) {
  await output.write(encodeMediaTag(message));
  messages++;
}
await output.close();
console.log(`wrote ${messages} messages`);
