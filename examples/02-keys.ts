/**
 * Secret keys: who publishes live/k9x2-garden appears as live/garden, and nobody sees the key.
 * Usage: node examples/02-keys.ts [port]
 */
import { createMediaServer } from "millrace";

/** The public name of each key. Yours may stand in a database: hooks may return promises. */
const NAMES = new Map([
  ["k9x2-garden", "live/garden"],
  ["m4p7-street", "live/street"],
]);

const port = Number(process.argv[2] ?? 1935);
const server = createMediaServer({
  listen: [{ host: "127.0.0.1", port }],
  hooks: {
    onPublish({ streamKey }) {
      const broadcastName = NAMES.get(streamKey);
      return broadcastName === undefined
        ? { allow: false, reason: "There is no such stream key." }
        : { allow: true, broadcastName };
    },
    onPlay({ broadcastName }) {
      const isPublic = [...NAMES.values()].includes(broadcastName);
      return isPublic ? { allow: true } : { allow: false, reason: "There is no such stream." };
    },
  },
});
await server.start();
for (const listener of server.listeners) console.log(`publish to rtmp://${listener.host}:${listener.port}/live`);
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => void server.drain());
