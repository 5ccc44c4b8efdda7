/**
 * A live server in a few lines: publish to it by OBS or FFmpeg, watch by any RTMP player.
 * Usage: node examples/01-server.ts [port]
 */
import { createMediaServer } from "millrace";

const port = Number(process.argv[2] ?? 1935);
const server = createMediaServer({ listen: [{ host: "127.0.0.1", port }], log: console });
await server.start();
for (const listener of server.listeners) console.log(`publish to rtmp://${listener.host}:${listener.port}/live`);

// Viewers are told, and connections get some seconds to end by themselves.
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => void server.drain());
