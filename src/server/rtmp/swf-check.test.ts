import { deepEqual, equal, match, ok } from "node:assert/strict";
import { test } from "node:test";
import { type RtmpPeer, settle } from "../../../test/support/rtmp-peer.ts";
import { player, publisher, TestServer } from "../../../test/support/test-server.ts";
import { hex } from "../../bytes/hex.ts";
import { encodeSwfVerificationResponse, type SwfIdentity } from "../../rtmp/handshake/swf-verification.ts";
import { encodeUserControl } from "../../rtmp/message/control.ts";
import { nodeCrypto } from "../../transport/node-crypto.ts";

const ALLOWED: readonly SwfIdentity[] = [
  { hash: new Uint8Array(32).fill(1), byteLength: 1000 },
  { hash: new Uint8Array(32).fill(2), byteLength: 2000 },
];
const KEYFRAME = hex`17 01 000000 65`;

function verifyingServer(): TestServer {
  return new TestServer({ swfVerification: { allowed: ALLOWED }, timeouts: { swfVerificationMs: 3000 } });
}

async function answer(peer: RtmpPeer, swf: SwfIdentity): Promise<void> {
  const tail = peer.handshake()?.serverSignatureTail;
  ok(tail);
  const data = encodeSwfVerificationResponse(swf, tail, nodeCrypto);
  peer.send(encodeUserControl({ kind: "swf-verify-response", data }));
  await settle();
}

function requestsTo(peer: RtmpPeer): number {
  return peer.lines.filter((line) => line === "swf-verify-request").length;
}

for (const handshake of ["digest", "encrypted"] as const) {
  test(`a player with the handshake ${handshake} that proves one of the allowed files plays on`, async () => {
    for (const swf of ALLOWED) {
      const server = verifyingServer();
      const encoder = await publisher(server);
      const peer = await player(server, "test", "live", handshake);
      equal(requestsTo(peer), 1);
      await answer(peer, swf);
      await server.pass(5000);
      encoder.video(1, 40, KEYFRAME);
      await settle();
      equal(peer.media.length, 1);
      ok(!peer.lines.includes("closed"));
    }
  });
}

test("the player is asked before its play is answered, and gets media before it has answered", async () => {
  const server = verifyingServer();
  const encoder = await publisher(server);
  const peer = await player(server, "test", "live", "digest");
  const lines = peer.take();
  ok(lines.indexOf("swf-verify-request") < lines.indexOf("onStatus/1 NetStream.Play.Start"));
  encoder.video(1, 40, KEYFRAME);
  await settle();
  equal(peer.media.length, 1);
});

test("a wrong file is cut off at once, with the reason for the player and the log", async () => {
  const server = verifyingServer();
  for (const wrong of [
    { hash: new Uint8Array(32).fill(3), byteLength: 1000 },
    { hash: new Uint8Array(32).fill(1), byteLength: 2000 },
  ]) {
    const peer = await player(server, "test", "live", "digest");
    peer.take();
    await answer(peer, wrong);
    deepEqual(peer.take(), ["onStatus/1 NetStream.Failed"]);
    match(peer.lastDescription, /SWF file that is not allowed.*Add its hash/);
  }
  equal(server.log.filter((line) => line.includes('"code":"swf.unknown"')).length, 2);
});

test("a player that does not answer is cut off at its time, not before", async () => {
  const server = verifyingServer();
  const peer = await player(server, "test", "live", "digest");
  peer.take();
  await server.pass(3000);
  deepEqual(peer.take(), []);
  await server.pass(500);
  deepEqual(peer.take(), ["onStatus/1 NetStream.Failed"]);
  match(peer.lastDescription, /did not prove its SWF file within 3000 ms/);
  match(server.log.join("\n"), /"code":"swf.unverified"/);
});

test("a player without a signed handshake could never answer: it is told so at its first play", async () => {
  const server = verifyingServer();
  const peer = await player(server, "test", "live", "plain");
  equal(requestsTo(peer), 0);
  ok(peer.lines.includes("onStatus/1 NetStream.Failed"));
  ok(!peer.lines.includes("onStatus/1 NetStream.Play.Start"));
  match(peer.lastDescription, /handshake is not signed/);
  match(server.log.join("\n"), /"code":"swf.unverified"/);
});

test("it is asked once a connection: a second play asks no more", async () => {
  const server = verifyingServer();
  const peer = await player(server, "test", "live", "digest");
  await answer(peer, ALLOWED[0] ?? { hash: hex``, byteLength: 0 });
  peer.command("play", 4, 1, "other", -2000);
  await settle();
  equal(requestsTo(peer), 1);
});

test("publishers are not asked, whatever their handshake is", async () => {
  const server = verifyingServer();
  const plain = await publisher(server);
  ok(plain.lines.includes("onStatus/1 NetStream.Publish.Start"));
  const signed = server.connect({ handshake: "digest" });
  signed.connect("live");
  signed.command("createStream", 2, 0);
  signed.command("publish", 3, 1, "other", "live");
  await settle();
  ok(signed.lines.includes("onStatus/1 NetStream.Publish.Start"));
  deepEqual([requestsTo(plain), requestsTo(signed)], [0, 0]);
});

test("an answer that nobody asked for is ignored", async () => {
  const verifying = verifyingServer();
  const early = verifying.connect({ handshake: "digest" });
  early.connect("live");
  await settle();
  await answer(early, { hash: new Uint8Array(32).fill(3), byteLength: 1 });
  ok(!early.lines.includes("closed"));
  const indifferent = await player(new TestServer(), "test", "live", "digest");
  equal(requestsTo(indifferent), 0);
  await answer(indifferent, { hash: new Uint8Array(32).fill(3), byteLength: 1 });
  ok(indifferent.lines.includes("onStatus/1 NetStream.Play.Start"));
  ok(!indifferent.lines.includes("closed"));
});

test("while the application decides, nothing is read, and no time for the proof runs out", async () => {
  let decide = (): void => {};
  const server = new TestServer({
    swfVerification: { allowed: ALLOWED },
    timeouts: { swfVerificationMs: 3000 },
    hooks: {
      onPlay: () =>
        new Promise((resolve) => {
          decide = () => resolve({ allow: true });
        }),
    },
  });
  const peer = await player(server, "test", "live", "digest");
  equal(requestsTo(peer), 0);
  await server.pass(10_000);
  decide();
  await settle();
  equal(requestsTo(peer), 1);
  await server.pass(2500);
  await answer(peer, ALLOWED[1] ?? { hash: hex``, byteLength: 0 });
  await server.pass(5000);
  ok(!peer.lines.includes("closed"));
});
