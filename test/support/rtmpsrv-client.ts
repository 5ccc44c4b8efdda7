// Plays by our client from librtmp's rtmpsrv, which listens on 1935 only: so both run where no other program has a port.
// Writes a line of JSON of what came of it. The folder is where the rtmpdump that rtmpsrv starts writes its file.

import { spawn } from "node:child_process";
import { connect } from "../../src/client/index.ts";

const [rtmpsrv = "", folder = ""] = process.argv.slice(2);
// Without an open standard input it reads commands from its end for ever.
const server = spawn(rtmpsrv, ["-z"], { cwd: folder, stdio: ["pipe", "ignore", "pipe"] });
const heard: string[] = [];
const listens = Promise.withResolvers<void>();
let rest = "";
server.stderr.setEncoding("utf8").on("data", (text: string) => {
  const lines = (rest + text).split("\n");
  rest = lines.pop() ?? "";
  heard.push(...lines.map((line) => line.trim()));
  if (heard.some((line) => line.startsWith("Streaming on"))) listens.resolve();
});
const codes: string[] = [];
try {
  await listens.promise;
  // It reads chunks of 128 bytes, whatever it is told.
  const connection = await connect("rtmpe://127.0.0.1/live", { chunkSize: 128, timeouts: { answerMs: 5000 } });
  const { serverVersion } = connection.server;
  const stream = await connection.play("key", { onStatus: ({ code }) => codes.push(code) });
  const { description } = await stream.ended;
  const kept = heard.filter((line) => line.includes("SHandShake"));
  console.log(JSON.stringify({ serverVersion, codes, description, heard: kept }));
  void connection.close();
} catch (error) {
  console.log(JSON.stringify({ error: String(error), codes, heard: heard.slice(-40) }));
}
process.exit();
