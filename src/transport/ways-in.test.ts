import { deepEqual, throws } from "node:assert/strict";
import { test } from "node:test";
import type { Transport } from "./byte-stream.ts";
import { RTMP_SCHEMES, type RtmpScheme } from "./rtmp-url.ts";
import { familiesOf, isListenerWay, isTransportTaken, LISTENER_WAYS, waysInOf } from "./ways-in.ts";

const TRANSPORTS: readonly Transport[] = ["tcp", "tls", "http", "https", "ws", "wss", "memory"];

/** Each transport with its handshakes, those in memory left out. */
function allowed(...accept: readonly RtmpScheme[]): string[] {
  return TRANSPORTS.filter((transport) => transport !== "memory").flatMap((transport) =>
    familiesOf(transport, new Set(accept)).map((family) => `${transport} ${family}`),
  );
}

test("each scheme alone opens its own transport", () => {
  deepEqual(Object.fromEntries(RTMP_SCHEMES.map((scheme) => [scheme, allowed(scheme)])), {
    rtmp: ["tcp clear"],
    rtmps: ["tls clear"],
    rtmpe: ["tcp encrypted"],
    rtmpt: ["http clear"],
    rtmpts: ["https clear"],
    rtmpte: ["http encrypted"],
    ws: ["ws clear"],
    wss: ["wss clear"],
  });
});

test("encryption of the handshake comes into TLS and WebSockets with its scheme", () => {
  deepEqual(allowed("rtmps", "rtmpe"), ["tcp encrypted", "tls clear", "tls encrypted"]);
  deepEqual(allowed("rtmpts", "rtmpte"), ["http encrypted", "https clear", "https encrypted"]);
  deepEqual(allowed("rtmpts", "rtmpe"), ["tcp encrypted", "https clear"]);
  deepEqual(allowed("ws", "wss", "rtmpe"), ["tcp encrypted", "ws clear", "ws encrypted", "wss clear", "wss encrypted"]);
});

test("all schemes together allow everything", () => {
  deepEqual(allowed(...RTMP_SCHEMES).length, 12);
});

test("a stream in memory may have both handshakes, whatever is accepted", () => {
  deepEqual(familiesOf("memory", new Set()), ["clear", "encrypted"]);
});

test("a transport is taken if any handshake may be made on it", () => {
  const accept: ReadonlySet<RtmpScheme> = new Set(["rtmpe", "wss"] as const);
  deepEqual(
    TRANSPORTS.filter((transport) => isTransportTaken(transport, accept)),
    ["tcp", "wss", "memory"],
  );
});

test("without a choice a listener takes everything, and what needs TLS only where there is TLS", () => {
  deepEqual([...waysInOf(undefined, true)], LISTENER_WAYS);
  deepEqual([...waysInOf(undefined, false)], ["rtmp", "rtmpe", "rtmpt", "rtmpte", "ws", "http"]);
  deepEqual([...waysInOf(["ws", "rtmp", "ws"], false)], ["ws", "rtmp"]);
  deepEqual([...waysInOf(["wss"], true)], ["wss"]);
});

test("media by HTTP is a way of its own, which opens nothing for RTMP", () => {
  deepEqual(LISTENER_WAYS, [...RTMP_SCHEMES, "http", "https"]);
  for (const transport of TRANSPORTS.filter((each) => each !== "memory")) {
    deepEqual(familiesOf(transport, new Set(["http", "https"] as const)), []);
  }
  deepEqual(["http", "https", "wss", "ftp", "toString"].map(isListenerWay), [true, true, true, false, false]);
});

test("to ask for TLS without a certificate, or for nothing, is an error that says what to do", () => {
  throws(
    () => waysInOf(["rtmp", "rtmps", "wss"], false),
    /names rtmps, wss, .* set tls\.certificates or tls\.selfSigned/,
  );
  throws(() => waysInOf(["https"], false), /names https, /);
  throws(() => waysInOf([], true), /names no way in: leave it out/);
});
