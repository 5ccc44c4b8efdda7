// The least that a Node program does to take streams in: it reads and drops. `node node-sink.ts PORT`

import { createServer } from "node:net";

let receivedBytes = 0;
const server = createServer((socket) => {
  socket.on("error", () => {});
  socket.on("data", (bytes) => {
    receivedBytes += bytes.length;
  });
});
server.listen({ port: Number(process.argv[2]), host: "127.0.0.1", backlog: 4096 });
process.once("SIGTERM", () => {
  console.log(`${receivedBytes} bytes`);
  process.exit();
});
