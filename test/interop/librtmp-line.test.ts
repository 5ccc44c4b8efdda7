import { deepEqual, ok } from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:net";
import { type TestContext, test } from "node:test";
import { playFrom } from "../../src/client/index.ts";
import { type AmfValue, hasMembers } from "../../src/formats/amf/amf-value.ts";
import { socketStream } from "../../src/transport/socket-stream.ts";
import { ScriptedServer } from "../loopback/scripted-server.ts";
import { startPeer } from "../support/peer-process.ts";
import { requirePeer } from "../support/require-peer.ts";

/** What a player says of itself and of what it wants. */
type Said = { readonly args: readonly AmfValue[]; readonly members: readonly AmfValue[]; readonly calls: string[] };

type Listener = { readonly port: number; next(): Promise<Said> };

/** Takes players, and tells what each said until it asked to play. */
async function listen(t: TestContext): Promise<Listener> {
  const heard: Said[] = [];
  let tell: () => void = () => {};
  const listener = createServer((socket) => {
    t.after(async () => void socket.destroy());
    const server = new ScriptedServer({
      stream: socketStream(socket),
      reactions: {
        play(self, command) {
          const connect = self.commands.find(({ name }) => name === "connect");
          const object = connect?.commandObject;
          const member = (key: string): AmfValue => (hasMembers(object) ? object.get(key) : undefined);
          const subscribed = self.commands.find(({ name }) => name === "FCSubscribe");
          heard.push({
            args: connect?.args ?? [],
            members: ["app", "swfUrl", "pageUrl", "flashVer", "tcUrl"].map(member),
            calls: [`FCSubscribe ${subscribed?.args[0]}`, `play ${command.args[0]} ${command.args[1]}`],
          });
          socket.destroy();
          tell();
        },
      },
    });
    ok(server.stream);
  });
  listener.listen(0, "127.0.0.1");
  await once(listener, "listening");
  t.after(() => void listener.close());
  const address = listener.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : 0,
    async next() {
      if (heard.length === 0) await new Promise<void>((resolve) => (tell = resolve));
      return heard.shift() ?? Promise.reject(new Error("nobody came"));
    },
  };
}

test("a line of librtmp makes our client say what rtmpdump says", { timeout: 60_000 }, async (t) => {
  const { port, next } = await listen(t);
  const conn = [
    "B:1",
    "N:2.5",
    "S:a:b",
    "Z:",
    "O:1",
    "NB:b:0",
    "NS:s:text",
    "NO:o:1",
    "NN:n:-3",
    "O:0",
    "O:0",
    "S:last",
  ];
  const rest = [
    ...[`tcUrl=rtmp://127.0.0.1:${port}/live/inst`, "swfUrl=http://s/a\\20b.swf", "pageUrl=http://p/"],
    ...["flashVer=WIN\\2011,0", "live=1", ...conn.map((value) => `conn=${value}`)],
  ].join(" ");
  const line = `rtmp://127.0.0.1:${port}/live/inst/key ${rest}`;
  const rtmpdump = startPeer(t, requirePeer("rtmpdump"), ["-i", line, "-o", "/dev/null", "-q", "-v"]);
  const theirs = await next();
  await rtmpdump.kill();
  const playing = playFrom(line).catch(() => undefined);
  const ours = await next();
  await playing;
  deepEqual(ours, theirs);
  deepEqual(theirs.calls, ["FCSubscribe key", "play key -1000"]);
  deepEqual(theirs.members.slice(0, 3), ["live/inst", "http://s/a b.swf", "http://p/"]);
});
