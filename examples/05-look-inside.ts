/**
 * Sees what publishers send, in the process of the server: codecs, keyframes, bitrate. A recorder would do the same.
 * Usage: node examples/05-look-inside.ts [port]
 */
import { createMediaServer } from "millrace";
import { describeCodec } from "millrace/flv";

const port = Number(process.argv[2] ?? 1935);
const watched = new Set<string>();
const server = createMediaServer({
  listen: [{ host: "127.0.0.1", port }],
  hooks: {
    onPublish({ broadcastName }) {
      if (!watched.has(broadcastName)) watch(broadcastName);
      return { allow: true };
    },
  },
});
await server.start();
for (const listener of server.listeners) console.log(`publish to rtmp://${listener.host}:${listener.port}/live`);
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => void server.drain());

function watch(name: string): void {
  watched.add(name);
  let bytes = 0;
  let keyframeAtMs: number | undefined;
  server.broadcasts.open(name, "watch")?.subscribe({
    write({ kind, timestamp, payload, isKeyframe, isConfig }) {
      if (isConfig && kind !== "data") console.log(`${name}: ${describeCodec(payload, kind).text}`);
      if (isKeyframe && keyframeAtMs !== undefined) {
        const kbits = Math.round((8 * bytes) / (timestamp - keyframeAtMs));
        console.log(`${name}: a keyframe at ${timestamp} ms, ${kbits} kbit/s since the last`);
      }
      if (isKeyframe) [keyframeAtMs, bytes] = [timestamp, 0];
      bytes += payload.length;
    },
    end: () => watched.delete(name),
  });
}
