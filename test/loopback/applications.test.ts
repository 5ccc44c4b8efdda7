import { deepEqual, equal, ok, rejects, throws } from "node:assert/strict";
import { once } from "node:events";
import { connect as connectSocket } from "node:net";
import { type TestContext, test } from "node:test";
import { z } from "zod";
import { ByteWriter } from "../../src/bytes/byte-writer.ts";
import { hex } from "../../src/bytes/hex.ts";
import { clientMethods, connect, type NetConnection, StatusError } from "../../src/client/index.ts";
import {
  AmfDate,
  AmfDictionary,
  type AmfEncodable,
  AmfExternalizable,
  AmfObject,
  type AmfValue,
  AmfVector,
  AmfXml,
} from "../../src/formats/amf/amf-value.ts";
import { encodeAmf0 } from "../../src/formats/amf/amf0-encoder.ts";
import { classAlias } from "../../src/formats/amf/class-alias.ts";
import type { ExternalizableCodec } from "../../src/formats/amf/externalizable.ts";
import { MessageType } from "../../src/rtmp/message/message.ts";
import {
  application,
  type ClientMethodsOf,
  createMediaServer,
  type MethodsOf,
  method,
  rest,
} from "../../src/server/index.ts";
import type { MediaServerOptions } from "../../src/server/options.ts";
import { RTMP_SCHEMES } from "../../src/transport/rtmp-url.ts";
import { socketStream } from "../../src/transport/socket-stream.ts";
import { type LiveServer, startLiveServer } from "../support/live-server.ts";
import { RtmpPeer, settle } from "../support/rtmp-peer.ts";

class Point {
  readonly x: number;
  readonly y: number;

  constructor(x: number, y: number) {
    this.x = x;
    this.y = y;
  }

  get length(): number {
    return Math.hypot(this.x, this.y);
  }
}

const POINT = classAlias("geometry.Point", Point, ["x", "y"]);

/** A number of bytes, and as many bytes: as the class writes them, or as a liar does. */
const BLOB: ExternalizableCodec = {
  className: "Blob",
  decode(decoder) {
    const length = decoder.reader.u32();
    if (length === 0xdead) throw new TypeError("dead");
    return decoder.reader.bytes(length).slice();
  },
  encode(content, encoder) {
    if (!(content instanceof Uint8Array)) throw new TypeError("a Blob holds bytes");
    encoder.writer.u32(content.length);
    encoder.writer.bytes(content);
  },
};

type Shape = {
  state: { name: string };
  clientMethods: { show(from: string, point: Point): number; fail(): void };
};

const chat = application<Shape>("chat", { state: () => ({ name: "nobody" }), classes: [POINT, BLOB] }).methods({
  add: method([z.number(), z.number()], (_, a, b) => a + b),
  sum: method([rest(z.number())], (_, ...numbers) => numbers.reduce((sum, number) => sum + number, 0)),
  enter: method([z.string().trim().min(1)], (client, name) => {
    client.state.name = name;
  }),
  far: method([z.instanceof(Point)], (_, { length, x, y }) => ({ length, twice: new Point(2 * x, 2 * y) })),
  tellAll: method([z.instanceof(Point)], async (client, point) => {
    const clients = [...client.instance.clients];
    return await Promise.all(clients.map((each) => each.call("show", client.state.name, point)));
  }),
  askFailing: method([], async (client) => {
    const error: unknown = await client.call("fail").catch((reason: unknown) => reason);
    return error instanceof StatusError ? error.description : "no error";
  }),
  echo: { plain: method([z.unknown()], (_, value) => value), raw: method((_, value) => value) },
  hang: method([], () => new Promise<never>(() => undefined)),
});

type Methods = MethodsOf<typeof chat>;

async function startServer(
  t: TestContext,
  options: Omit<MediaServerOptions, "listen" | "log"> = {},
): Promise<LiveServer> {
  return await startLiveServer(t, { applications: [chat], ...options });
}

async function enter(
  t: TestContext,
  url: string,
  objectEncoding: 0 | 3 = 0,
  shown: string[] = [],
): Promise<NetConnection> {
  const methods = clientMethods<ClientMethodsOf<typeof chat>>({
    show(from, point) {
      ok(point instanceof Point);
      return shown.push(`${from} at ${point.x} ${point.y}`);
    },
    fail() {
      throw new StatusError("fail", { level: "error", code: "App.No", description: "Not here.", info: undefined });
    },
  });
  const connection = await connect(url, { objectEncoding, methods, classes: [POINT, BLOB] });
  t.after(() => connection.close());
  return connection;
}

async function rawPeer(t: TestContext, port: number, app = "chat"): Promise<RtmpPeer> {
  const socket = connectSocket(port, "127.0.0.1");
  await once(socket, "connect");
  const peer = new RtmpPeer(socketStream(socket));
  t.after(() => peer.stream.destroy());
  peer.connect(app);
  await untilLine(peer, /^_result 1 /);
  peer.take();
  return peer;
}

async function untilLine(peer: RtmpPeer, pattern: RegExp): Promise<string> {
  for (;;) {
    const found = peer.lines.find((line) => pattern.test(line));
    if (found !== undefined) return found;
    await settle();
  }
}

for (const objectEncoding of [0, 3] as const) {
  test(`calls in both directions, typed and checked, over AMF${objectEncoding}`, async (t) => {
    const { url } = await startServer(t);
    const shown: string[] = [];
    const ada = await enter(t, url("chat/room"), objectEncoding, shown);
    await enter(t, url("chat/room"), objectEncoding, shown);
    await enter(t, url("chat/other"), objectEncoding, shown);
    const api = ada.methodsOf<Methods>();
    equal(await api.add(1, 2), 3);
    equal(await api.sum(...Array.from({ length: 1000 }, () => 2)), 2000);
    equal(await api.enter(" Ada "), undefined);
    const far = await api.far(new Point(3, 4));
    equal(far.length, 5);
    ok(far.twice instanceof Point);
    deepEqual([far.twice.x, far.twice.y], [6, 8]);
    deepEqual(await api.tellAll(new Point(1, 2)), [1, 2]);
    deepEqual(shown, ["Ada at 1 2", "Ada at 1 2"]);
    equal(await api.askFailing(), "Not here.");
    await rejects(api.enter("  "), { code: "NetConnection.Call.BadArguments" });
    await rejects(api.far({ x: 3, y: 4 } as Point), { code: "NetConnection.Call.BadArguments" });
  });

  test(`every kind of value goes there and back over AMF${objectEncoding}`, async (t) => {
    const { url } = await startServer(t);
    const connection = await enter(t, url("chat"), objectEncoding);
    const values: AmfValue[] = [
      undefined,
      null,
      true,
      -1.5,
      2 ** 28,
      Number.NaN,
      "ü€😀",
      "x".repeat(70_000),
      [1, ["x"]],
      new AmfObject([["a", 1]]),
      new AmfObject([["x", 1]], { className: "Unknown" }),
      new AmfDate(1_700_000_000_000),
      new AmfXml("<a/>", true),
      Uint8Array.of(1, 2, 3),
      new AmfVector(Int32Array.of(-1, 1)),
      new AmfDictionary([["k", 1]]),
      new AmfExternalizable("flex.messaging.io.ArrayCollection", [1, 2]),
      new AmfExternalizable("Blob", Uint8Array.of(9, 8)),
    ];
    for (const value of values) deepEqual(await connection.call("echo.raw", value), value);
    const api = connection.methodsOf<Methods>();
    const plain = Object.assign(Object.create(null), {
      at: new Date(5),
      list: [1, "x", null],
      bytes: Uint8Array.of(1),
    });
    deepEqual(await api.echo.plain(plain), plain);
    deepEqual(await connection.call("echo.plain", values.at(-2)), [1, 2]);
    const cyclic = new AmfObject();
    cyclic.members.set("self", cyclic);
    const echoed = await connection.call("echo.raw", cyclic);
    ok(echoed instanceof AmfObject);
    equal(echoed.get("self"), echoed);
    await rejects(connection.call("echo.plain", cyclic), { description: /a value that contains itself/ });
  });
}

test("classes of the server are known to all of its applications, and none may contradict another", async (t) => {
  const plain = application("plain", {
    methods: { far: method([z.instanceof(Point)], (_, point) => new Point(point.y, point.x)) },
  });
  const { url } = await startServer(t, { applications: [plain], classes: [POINT] });
  const connection = await enter(t, url("plain"), 3);
  const { x, y } = await connection.methodsOf<MethodsOf<typeof plain>>().far(new Point(1, 2));
  deepEqual([x, y], [2, 1]);
  const other = classAlias("geometry.Point", class Other {}, []);
  throws(() => createMediaServer({ applications: [chat], classes: [other] }), /geometry\.Point is declared twice/);
});

test("the way in does not matter", async (t) => {
  const { url } = await startServer(t);
  for (const scheme of RTMP_SCHEMES.filter((each) => ["rtmp", "rtmpe", "rtmpt", "ws"].includes(each))) {
    const connection = await enter(t, url("chat/room", scheme), 3);
    const api = connection.methodsOf<Methods>();
    equal(await api.add(1, 2), 3, scheme);
    deepEqual(await api.tellAll(new Point(1, 2)), [1], scheme);
    await connection.close();
  }
});

test("one message for clients of both encodings, encrypted or not, stays whole", async (t) => {
  const { url } = await startServer(t);
  const shown: string[] = [];
  const methods = { show: (from: AmfValue, text: AmfValue) => void shown.push(`${from} ${text}`) };
  for (const scheme of ["rtmp", "rtmpe", "rtmpe", "rtmp"] as const) {
    for (const objectEncoding of [0, 3] as const) {
      const connection = await connect(url("chat/all", scheme), { objectEncoding, methods });
      t.after(() => connection.close());
      await connection.call("enter", scheme);
    }
  }
  const text = "hello ".repeat(20_000);
  for (let round = 0; round < 3; round++) chat.instance("all")?.notify("show", `${round}`, text as unknown as Point);
  while (shown.length < 24) await settle();
  deepEqual([...new Set(shown)], [`0 ${text}`, `1 ${text}`, `2 ${text}`]);
});

/** A command whose arguments are these bytes. */
function sendCall(peer: RtmpPeer, name: string, transactionId: number, args: Uint8Array): void {
  const writer = new ByteWriter();
  writer.bytes(encodeAmf0(name, transactionId, null));
  writer.bytes(args);
  peer.send({ type: MessageType.Command, timestamp: 0, streamId: 0, payload: writer.take() });
}

test("a million arguments are refused, and the connection goes on", async (t) => {
  const { port } = await startServer(t);
  const peer = await rawPeer(t, port);
  sendCall(peer, "sum", 2, new Uint8Array(1_000_000).fill(5));
  equal(await untilLine(peer, /^_error 2 /), "_error 2 NetConnection.Call.Failed");
  equal(peer.lastDescription, "Arguments of sum: amf.limit.");
  sendCall(peer, "sum", 3, new Uint8Array(90_000).fill(5));
  equal(await untilLine(peer, /^_error 3 /), "_error 3 NetConnection.Call.BadArguments");
  peer.command("add", 4, 0, 1, 2);
  equal(await untilLine(peer, /^_result 4/), "_result 4");
});

test("externalizable classes that lie, throw, or are unknown end their call and nothing else", async (t) => {
  const { port } = await startServer(t);
  const peer = await rawPeer(t, port);
  const header = "11 0a 07 09 426c6f62";
  const lies = [
    hex`${header} ffffffff 01 02`,
    hex`${header} 00000005 01 02`,
    hex`${header} 0000dead`,
    hex`${header} 00`,
    hex`11 0a 07 03 51 01 02`,
    hex`${header} 00000001 01 ff`,
  ];
  for (const [index, bytes] of lies.entries()) {
    sendCall(peer, "echo.plain", index + 2, bytes);
    match(await untilLine(peer, new RegExp(`^_error ${index + 2} `)), /NetConnection\.Call\.Failed$/);
  }
  sendCall(peer, "echo.plain", 50, hex`${header} 00000002 01 02`);
  equal(await untilLine(peer, /^_result 50/), "_result 50");
});

function match(text: string, pattern: RegExp): void {
  ok(pattern.test(text), text);
}

test("names of prototypes are data in arguments, and no methods", async (t) => {
  const { url } = await startServer(t);
  const connection = await enter(t, url("chat"));
  const hostile = new AmfObject([
    ["__proto__", new AmfObject([["isAdmin", true]])],
    ["constructor", new AmfObject([["prototype", new AmfObject([["isAdmin", true]])]])],
  ]);
  const echoed = await connection.call("echo.plain", hostile);
  ok(echoed instanceof AmfObject);
  deepEqual([...echoed.members.keys()], ["__proto__", "constructor"]);
  equal("isAdmin" in {}, false);
  const names = ["__proto__", "constructor", "toString", "echo", "echo.__proto__", "echo.constructor", "add.call"];
  for (const name of names) await rejects(connection.call(name), { description: `Method not found (${name}).` });
});

test("who floods with calls is cut off; others are answered", async (t) => {
  const { port, url, until } = await startServer(t, { limits: { maxCommandsPerSecond: 100 } });
  const other = await enter(t, url("chat"));
  const peer = await rawPeer(t, port);
  for (let id = 2; id < 2000; id++) peer.command("add", id, 0, 1, 2);
  await until("more than 100 commands a second");
  equal(await other.call("add", 1, 2), 3);
  await untilLine(peer, /^closed$/);
});

test("who leaves calls running is cut off at the limit, and the application is told the end of each", async (t) => {
  const signals: AbortSignal[] = [];
  const slow = application("slow", {
    methods: {
      hang: method([], function () {
        signals.push(this.signal);
        return new Promise<never>(() => undefined);
      }),
    },
  });
  const { port, until } = await startServer(t, { applications: [slow] });
  const peer = await rawPeer(t, port, "slow");
  for (let id = 2; id < 103; id++) peer.command("hang", id, 0);
  await until("100 calls wait for an answer");
  await until("connection closed");
  equal(signals.length, 100);
  ok(signals.every(({ aborted }) => aborted));
});

test("a client that goes while 100 calls run takes nobody along", async (t) => {
  const server = await startServer(t);
  const connection = await enter(t, server.url("chat"));
  const calls = Array.from({ length: 100 }, () => connection.call("hang"));
  const ended = Promise.allSettled(calls);
  const other = await enter(t, server.url("chat"));
  await connection.close();
  ok((await ended).every(({ status }) => status === "rejected"));
  await server.until("connection closed");
  equal(await other.call("add", 1, 2), 3);
});

test("a result that AMF cannot carry is told to its caller only", async (t) => {
  const app = application("app", { methods: { map: method([], () => new Map()), one: method([], () => 1) } });
  const { server, port, lines } = await startLiveServer(t, { applications: [app] });
  equal(server.listeners.length, 1);
  const peer = await rawPeer(t, port, "app");
  peer.command("map", 2, 0);
  peer.command("one", 3, 0);
  await untilLine(peer, /^_result 3/);
  deepEqual(peer.take(), ["_error 2 NetConnection.Call.Failed", "_result 3"]);
  ok(lines.some(({ message }) => message === "the answer of a method could not be sent"));
});

test("publishing and playing under an application's name go on as before", async (t) => {
  const { url, until } = await startServer(t);
  const connection = await enter(t, url("chat"));
  const [publisher, player] = [await connection.publish("camera"), await connection.play("camera")];
  await until("publishing");
  const value: AmfEncodable = await connection.call("add", 1, 2);
  equal(value, 3);
  await player.close();
  await publisher.close();
});
