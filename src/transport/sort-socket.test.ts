import { deepEqual, equal, rejects } from "node:assert/strict";
import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { type TestContext, test } from "node:test";
import { connect as connectTls } from "node:tls";
import { temporaryFolder } from "../../test/support/temporary-folder.ts";
import { hex } from "../bytes/hex.ts";
import { AddressList } from "./address-list.ts";
import type { RtmpScheme } from "./rtmp-url.ts";
import { type SortedSocket, type SortingRules, sortSocket } from "./sort-socket.ts";
import { TlsIdentities } from "./tls-identities.ts";

/** Whole connections by each way are in test/loopback/one-port.test.ts. */
type Sorting = {
  readonly far: Socket;
  readonly sorted: Promise<SortedSocket | undefined>;
  /** What was asked and told meanwhile. */
  readonly events: string[];
};

async function sort(
  context: TestContext,
  accept: readonly RtmpScheme[],
  more: Partial<SortingRules> = {},
): Promise<Sorting> {
  const none = new AddressList([]);
  const rules = {
    accept: new Set(accept),
    proxyProtocolFrom: none,
    forwardedFrom: none,
    identities: undefined,
    ...more,
  };
  const server = createServer({ allowHalfOpen: true }).listen(0, "127.0.0.1");
  context.after(() => server.close());
  await once(server, "listening");
  const address = server.address();
  const far = connect(typeof address === "object" && address !== null ? address.port : 0, "127.0.0.1");
  const [near] = await once(server, "connection");
  far.on("error", () => {});
  context.after(() => near.destroy());
  context.after(() => far.destroy());
  const events: string[] = [];
  const sorted = sortSocket(near, rules, {
    admit: (remoteAddress) => events.push(remoteAddress.replace(/:\d+$/, "")) > 0 && !remoteAddress.startsWith("6."),
    onStep: (step) => events.push(step),
  });
  return { far, sorted, events };
}

test("what is plain goes through one step, with its bytes unread", async (context) => {
  const { far, sorted, events } = await sort(context, ["rtmp"]);
  far.write(hex`03 01 02`);
  const result = await sorted;
  deepEqual(
    [result?.protocol, result?.origin.accept, events],
    ["rtmp", new Set(["rtmp"]), ["first-byte", "127.0.0.1"]],
  );
  const [bytes] = await once(result?.socket ?? far, "data");
  deepEqual(Uint8Array.from(bytes), hex`03 01 02`);
});

test("TLS is a step of its own, and what is in it another", async (context) => {
  const identities = await TlsIdentities.load({ selfSignedFolder: temporaryFolder(context) });
  const { far, sorted, events } = await sort(context, ["rtmpts"], { identities });
  const secure = connectTls({ socket: far, rejectUnauthorized: false });
  context.after(() => secure.destroy());
  secure.write("GET / HTTP/1.1\r\n");
  const result = await sorted;
  deepEqual([result?.protocol, events], ["http", ["first-byte", "127.0.0.1", "tls", "first-byte"]]);
  const [bytes] = await once(result?.socket ?? far, "data");
  equal(bytes.toString(), "GET / HTTP/1.1\r\n");
  secure.destroy();
});

test("whoever is not admitted, by the address that a balancer tells, is not read any further", async (context) => {
  const { far, sorted, events } = await sort(context, ["rtmp"], { proxyProtocolFrom: new AddressList(["127.0.0.1"]) });
  far.write("PROXY TCP4 6.6.6.6 192.0.2.1 1000 1935\r\n\x03");
  equal(await sorted, undefined);
  deepEqual(events, ["first-byte", "6.6.6.6"]);
});

test("whoever leaves, in whatever step, is nothing", async (context) => {
  const identities = await TlsIdentities.load({ selfSignedFolder: temporaryFolder(context) });
  for (const bytes of [hex``, hex`50`, hex`16`, hex`16 03 01 02`]) {
    const ending = await sort(context, ["rtmp", "rtmps"], { identities });
    ending.far.end(bytes);
    equal(await ending.sorted, undefined);
  }
});

test("what is not taken rejects with the code of what it was", async (context) => {
  for (const [bytes, code] of [
    [hex`03`, "handshake.plain"],
    [hex`16`, "handshake.tls"],
    [hex`47`, "handshake.http"],
    [hex`ff`, "handshake.version"],
    [new TextEncoder().encode("PROXY "), "proxy.header"],
  ] as const) {
    const { far, sorted } = await sort(context, ["rtmps"]);
    far.write(bytes);
    await rejects(sorted, { code });
  }
});
