/**
 * Publishes an FLV file at the pace of its timestamps.
 * Usage: node examples/03-publish-file.ts [url] [file]
 */
import { createReadStream } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { publishTo } from "millrace";
import { FlvReader, kindOfTagType } from "millrace/flv";

const [url = "rtmp://127.0.0.1/live/test", file = "media/demo.flv"] = process.argv.slice(2);
const stream = await publishTo(url);
console.log(`publishing ${file} to ${url}`);

const reader = new FlvReader();
let startedAtMs: number | undefined;
let messages = 0;
for await (const bytes of createReadStream(file)) {
  reader.push(bytes);
  for (let tag = reader.next(); tag !== undefined; tag = reader.next()) {
    const { type, timestamp, data: payload } = tag;
    startedAtMs ??= performance.now() - timestamp;
    const earlyMs = startedAtMs + timestamp - performance.now();
    if (earlyMs > 0) await delay(earlyMs);
    const mayGoOn = stream.write({ kind: kindOfTagType(type) ?? "data", timestamp, payload });
    // The network is slower than the file: wait, or too much is held in memory.
    if (!mayGoOn) await stream.ready();
    messages++;
  }
}
await stream.close();
console.log(`published ${messages} messages`);
