import { deepEqual, equal, match, ok } from "node:assert/strict";
import { describe, test } from "node:test";
import type { RtmpPeer } from "../../../test/support/rtmp-peer.ts";
import { settle } from "../../../test/support/rtmp-peer.ts";
import { publisher, TestServer } from "../../../test/support/test-server.ts";
import { hex } from "../../bytes/hex.ts";
import type { MediaServerOptions } from "../options.ts";

const keyframe = hex`17 01 000000 00000001 65`;

/** The server has a way to end a publisher. What is it told, by which status, and what stands in the log? */
type CutOff = {
  readonly by: string;
  readonly options?: MediaServerOptions;
  /** What ends the publisher, who has sent a picture on stream 1. */
  readonly end: (server: TestServer, source: RtmpPeer) => unknown;
  readonly status: string;
  /** What happened, and what to do. */
  readonly sentence: RegExp;
};

const CUT_OFFS: readonly CutOff[] = [
  {
    by: "silence",
    options: { timeouts: { publisherSilenceMs: 2000 } },
    end: (server) => server.pass(3000),
    status: "onStatus/1 NetStream.Failed",
    sentence: /^nothing came for 2000 ms\. The encoder stopped sending\. Check the encoder and its network/,
  },
  {
    by: "a message that is too long",
    options: { limits: { maxMessageBytes: 1000 } },
    end: (_, source) => source.video(1, 40, new Uint8Array(1001)),
    status: "onStatus/1 NetStream.Failed",
    sentence: /1001.*\. .*lower the encoder's bitrate\.$/,
  },
  {
    by: "a chunk size of 0",
    end: (_, source) => source.stream.write([hex`02 000000 000004 01 00000000 00000000`]),
    status: "onStatus/1 NetStream.Failed",
    sentence: /chunk size.*\. Report the peer's name and version\.$/,
  },
  {
    by: "too many commands",
    options: { limits: { maxCommandsPerSecond: 10 } },
    end: (_, source) => {
      for (let count = 0; count < 25; count++) source.command("_checkbw", 0, 0);
    },
    status: "onStatus/1 NetStream.Failed",
    sentence: /Raise maxCommandsPerSecond/,
  },
  {
    by: "too many streams",
    options: { limits: { maxNetStreams: 1 } },
    end: (_, source) => source.command("createStream", 9, 0),
    status: "onStatus/1 NetStream.Failed",
    sentence: /Raise maxNetStreams/,
  },
  {
    by: "more metadata than is kept",
    options: { limits: { maxConfigBytes: 2000 } },
    end: (_, source) => {
      for (let count = 0; count < 9; count++) source.data(1, 0, "@setDataFrame", `name${count}`, {});
    },
    status: "onStatus/1 NetStream.Failed",
    sentence: /Raise maxConfigBytes/,
  },
  {
    by: "an application that does not decide about another stream",
    options: {
      timeouts: { hookMs: 1000 },
      hooks: { onPublish: ({ streamKey }) => (streamKey === "test" ? { allow: true } : new Promise(() => {})) },
    },
    end: async (server, source) => {
      source.command("createStream", 4, 0);
      await settle();
      source.command("publish", 5, 2, "another", "live");
      await server.pass(2000);
    },
    status: "onStatus/1 NetStream.Failed",
    sentence: /^the application did not decide for 1000 ms\. .*raise hookMs\.$/,
  },
  {
    by: "a takeover",
    options: { publish: { busyName: "takeover" } },
    end: (server) => publisher(server),
    status: "onStatus/1 NetStream.Publish.BadName",
    sentence: /^Another publisher took over live\/test\. Stop one of the two, or use another key\.$/,
  },
  {
    by: "an operator",
    end: (server) => server.connections[0]?.kick("Wrong picture."),
    status: "onStatus/1 NetStream.Failed",
    sentence: /^Ended by an operator: Wrong picture\.$/,
  },
  {
    by: "the server that goes",
    end: (server) => server.connections[0]?.shutDown(),
    status: "onStatus/0 NetConnection.Connect.AppShutdown",
    sentence: /^The server shuts down\. Connect again in a moment\.$/,
  },
  {
    by: "an error of the server itself",
    end: (server, source) => {
      const broadcast = server.context.directory.get("live/test");
      broadcast?.subscribe({
        write({ timestamp }) {
          if (timestamp > 0) throw new Error("a fault");
        },
        end() {},
      });
      source.video(1, 40, keyframe);
    },
    status: "onStatus/1 NetStream.Failed",
    sentence: /^An unexpected error of the server\. Connect again, and report what its log says\.$/,
  },
];

describe("a publisher that is cut off is told what stands in the log, and what to do", () => {
  for (const { by, options, end, status, sentence } of CUT_OFFS) {
    test(`by ${by}`, async () => {
      const reasons: string[] = [];
      const server = new TestServer({
        ...options,
        hooks: { ...options?.hooks, onPublishEnd: (_name, _connection, reason) => void reasons.push(reason) },
      });
      const source = await publisher(server);
      source.video(1, 0, keyframe);
      await settle();
      source.take();
      await end(server, source);
      await settle();
      const told = source.take().filter((line) => line.startsWith("onStatus"));
      ok(told.includes(status), told.join());
      match(source.lastDescription, sentence);
      const text = JSON.stringify(source.lastDescription).slice(1, -1);
      const [line = ""] = server.log.filter((each) => each.includes('"end":'));
      ok(line.includes(`${text} {`), `the line of the publication: ${line}`);
      equal(reasons.length, 1);
      ok(reasons[0]?.endsWith(source.lastDescription), "the application's reason");
      source.stream.destroy();
      await settle();
      const [closed = ""] = server.log.filter((each) => each.startsWith("info connection closed"));
      ok(closed.includes(`${text}"}`), `the line of the connection: ${closed}`);
    });
  }
});

describe("a publisher that is refused is told what stands in the log, and what to do", () => {
  const REFUSALS: readonly (Pick<CutOff, "by" | "options" | "sentence"> & { readonly key?: string })[] = [
    {
      by: "a name in use",
      options: { publish: { busyName: "refuse" } },
      sentence: /^live\/test is already being published\. Stop the other publisher, or use another key\.$/,
    },
    {
      by: "too many broadcasts",
      options: { limits: { maxBroadcasts: 1 } },
      key: "second",
      sentence: /^The server has too many broadcasts\. Raise maxBroadcasts, or come back later\.$/,
    },
    {
      by: "the application",
      options: {
        hooks: {
          onPublish: ({ streamKey }) => ({
            allow: streamKey === "test",
            reason: "The key is over. Ask for a new one.",
          }),
        },
      },
      key: "old",
      sentence: /^The key is over\. Ask for a new one\.$/,
    },
  ];
  for (const { by, options, key = "test", sentence } of REFUSALS) {
    test(`by ${by}`, async () => {
      const server = new TestServer(options);
      await publisher(server);
      const second = await publisher(server, key);
      deepEqual(second.take().slice(-1), ["onStatus/1 NetStream.Publish.BadName"]);
      match(second.lastDescription, sentence);
      second.stream.destroy();
      await settle();
      const [closed = ""] = server.log.filter((each) => each.startsWith("info connection closed"));
      ok(closed.endsWith(`"reason":"refused to publish: ${second.lastDescription}"}`), closed);
    });
  }
});
