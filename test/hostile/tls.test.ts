import { deepEqual, ok } from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { Duplex } from "node:stream";
import { after } from "node:test";
import { type ConnectionOptions, connect as connectTls, type TLSSocket } from "node:tls";
import { concatBytes } from "../../src/bytes/concat.ts";
import { hex } from "../../src/bytes/hex.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { attack, type Scene } from "./attack.ts";
import { handshakeBytes } from "./attacker.ts";
import { connectBytes, latin1, postBytes } from "./http-bytes.ts";

const MIB = 1024 * 1024;
/** The neighbours come by TLS as well. */
const scheme = "rtmps";
const tls = { selfSignedFolder: temporaryFolder({ after }) };
const options = {
  tls,
  timeouts: { handshakeMs: 800, connectMs: 500, requestMs: 500, tunnelMs: 1000, idleMs: 1500, pingIntervalMs: 500 },
};
const ANY_CERTIFICATE = { rejectUnauthorized: false } as const;

/** What our side of a real handshake writes, in the order of its flights, for a server that answers. */
async function recordFlights(port: number, more: ConnectionOptions = {}): Promise<Buffer[]> {
  const flights: Buffer[] = [];
  const socket = connect(port, "127.0.0.1");
  const tap = new Duplex({
    read() {},
    write(bytes: Buffer, _encoding, done) {
      flights.push(Buffer.from(bytes));
      socket.write(bytes, () => done());
    },
  });
  socket.on("data", (bytes) => tap.push(bytes));
  socket.on("error", () => {});
  const secure = connectTls({ socket: tap, ...ANY_CERTIFICATE, ...more });
  secure.on("error", () => {});
  await once(secure, "secureConnect");
  secure.destroy();
  socket.destroy();
  return flights;
}

/** A TLS client whose socket below can be written to directly. */
type TlsEnemy = {
  readonly raw: Socket;
  readonly secure: TLSSocket;
  readonly closed: Promise<unknown>;
};

async function openTls(scene: Scene, more: ConnectionOptions = {}): Promise<TlsEnemy> {
  const raw = connect(scene.port, "127.0.0.1");
  raw.on("error", () => {});
  const secure = connectTls({ socket: raw, ...ANY_CERTIFICATE, ...more });
  secure.on("error", () => {});
  secure.on("data", () => {});
  const closed = Promise.race([happened(raw, "close"), happened(secure, "close")]);
  await once(secure, "secureConnect");
  return { raw, secure, closed };
}

/** Unlike Node's `once`, does not mind errors. */
function happened(socket: Socket, event: string): Promise<unknown> {
  return new Promise((resolve) => socket.once(event, resolve));
}

/** A record of TLS with this content. */
function record(type: number, content: Uint8Array, version = 0x0303): Uint8Array {
  const { length } = content;
  return concatBytes([Uint8Array.of(type, version >> 8, version, length >> 8, length), content]);
}

/** A hello that asks for one version, as clients of that age did; `name` is its server name. */
function hello(version: number, name = "localhost"): Uint8Array {
  const letters = latin1(name);
  const u16 = (value: number): Uint8Array => Uint8Array.of(value >> 8, value);
  const serverName = concatBytes([hex`00`, u16(letters.length), letters]);
  const extension = concatBytes([hex`0000`, u16(serverName.length + 2), u16(serverName.length), serverName]);
  const body = concatBytes([
    u16(version),
    randomBytes(32),
    hex`00 0006 002f 0035 c02f 0100`,
    u16(extension.length),
    extension,
  ]);
  const handshake = concatBytes([hex`01 00`, u16(body.length), body]);
  return record(0x16, handshake, 0x0301);
}

const GARBAGE: readonly (readonly [string, Uint8Array])[] = [
  ["noise", concatBytes([hex`16`, randomBytes(2000)])],
  ["a record without content", hex`16 03 01 00 00`],
  ["a record of 64 KiB", concatBytes([hex`16 03 01 ff ff`, new Uint8Array(65_535)])],
  ["a hello of 16 MiB", concatBytes([hex`16 03 01 40 00 01 ff ff ff 03 03`, new Uint8Array(16_379)])],
  ["a server's hello", record(0x16, concatBytes([hex`02 00 0026 0303`, new Uint8Array(36)]))],
  ["an alert", record(0x15, hex`02 28`)],
  ["a thousand warnings", concatBytes(Array.from({ length: 1000 }, () => record(0x15, hex`01 5a`)))],
  ["a hello of SSL 3", hello(0x0300)],
  ["a hello of TLS 1.0", hello(0x0301)],
  ["a hello of TLS 1.1", hello(0x0302)],
  ["a name of 60 kB", hello(0x0303, "a".repeat(16_000))],
  ["a name with a zero", hello(0x0303, "localhost\0.example.org")],
  ["no name", hello(0x0303, "")],
  ["plain RTMP in a record", record(0x16, handshakeBytes())],
  ["plain RTMP behind the first byte", concatBytes([hex`16`, handshakeBytes()])],
  ["plain HTTP behind the first byte", concatBytes([hex`16`, latin1("GET / HTTP/1.1\r\nHost: a\r\n\r\n")])],
  ["two hellos", concatBytes([hello(0x0303), hello(0x0303)])],
];

attack("what is no TLS behind its first byte", { scheme, options }, async (scene) => {
  for (const [, bytes] of GARBAGE) {
    const enemy = scene.attacker();
    await enemy.send(bytes);
    await enemy.closed;
  }
  const told = (): number => scene.server.logged("handshake.tls-failed") + scene.server.logged("timeout.tls");
  await scene.server.until(`${GARBAGE.length} reasons`, () => told() >= GARBAGE.length);
});

attack("handshakes byte by byte, and stopped at each step", { scheme, options }, async (scene) => {
  for (const maxVersion of ["TLSv1.2", "TLSv1.3"] as const) {
    const flights = concatBytes(await recordFlights(scene.port, { maxVersion }));
    const lengths = Array.from({ length: 60 }, (_, index) => Math.floor((index * flights.length) / 60) + 1);
    await Promise.all(
      lengths.map(async (length, index) => {
        const enemy = scene.attacker();
        for (let at = 0; at < length; at += index % 2 === 0 ? 1 : length) {
          await enemy.send(flights.subarray(at, index % 2 === 0 ? at + 1 : length));
        }
        if (index % 6 === 4) enemy.socket.end();
        if (index % 6 === 5) enemy.reset();
        await enemy.closed;
      }),
    );
  }
  await scene.server.untilLogged("timeout.tls", 30);
});

attack(
  "500 handshakes that stand still",
  { scheme, options: { ...options, limits: { maxConnections: 400 } } },
  async (scene) => {
    const [first = Buffer.alloc(0)] = await recordFlights(scene.port);
    const enemies = Array.from({ length: 500 }, () => scene.attacker());
    await Promise.all(enemies.map((enemy, index) => enemy.send(index % 2 === 0 ? first : first.subarray(0, 100))));
    await scene.server.untilLogged("too many connections", 102);
    const { connections, sockets } = await scene.holdsAtMost(400 * 100_000);
    deepEqual([connections, sockets], [2, 400]);
    await Promise.all(enemies.map(({ closed }) => closed));
    await scene.server.untilLogged("timeout.tls", 398);
  },
);

attack(
  "plain bytes, broken records and the end of TLS in the middle of a connection",
  { scheme, options },
  async (scene) => {
    const breaks: readonly ((enemy: TlsEnemy) => void)[] = [
      ({ raw }) => raw.write(handshakeBytes()),
      ({ raw }) => raw.write(record(0x17, randomBytes(100))),
      ({ raw }) => raw.write(record(0x17, new Uint8Array(16_640))),
      ({ raw }) => raw.write(record(0x16, hex`00 000000`)),
      ({ raw }) => raw.write(hello(0x0303)),
      ({ raw }) => raw.write(record(0x15, hex`02 0a`)),
      ({ raw }) => raw.write(record(0x14, hex`02`)),
    ];
    const others: typeof breaks = [
      ({ secure }) => secure.write(hello(0x0303)),
      ({ secure }) => secure.write(concatBytes([latin1("PROXY TCP4 192.0.2.7 192.0.2.8 1 2\r\n"), handshakeBytes()])),
      ({ raw }) => raw.resetAndDestroy(),
      ({ raw }) => raw.end(),
      ({ secure }) => secure.end(),
    ];
    const run = async (maxVersion: "TLSv1.2" | "TLSv1.3", beginning: Uint8Array, act: (enemy: TlsEnemy) => void) => {
      const each = await openTls(scene, { maxVersion });
      if (beginning.length > 0) each.secure.write(beginning);
      if (beginning.length > 0) await happened(each.secure, "data");
      act(each);
      await each.closed;
      each.raw.destroy();
    };
    for (const maxVersion of ["TLSv1.2", "TLSv1.3"] as const) {
      const before = scene.server.logged("the TLS ");
      const beginnings = [hex``, handshakeBytes(), connectBytes("live"), postBytes("/fcs/ident2")];
      for (const beginning of beginnings) {
        await Promise.all([...breaks, ...others].map((act) => run(maxVersion, beginning, act)));
      }
      await scene.server.untilLogged("the TLS ", before + breaks.length * beginnings.length);
    }
  },
);

attack("renegotiation", { scheme, options }, async (scene) => {
  for (let round = 0; round < 3; round++) {
    const { secure, closed } = await openTls(scene, { maxVersion: "TLSv1.2" });
    secure.write(connectBytes("live"));
    await happened(secure, "data");
    const refused = new Promise((resolve) => secure.renegotiate({}, resolve));
    const error = await Promise.race([refused, closed.then(() => new Error("closed"))]);
    ok(error instanceof Error, "the server renegotiated");
    secure.destroy();
  }
});

attack("a half close, and more behind it", { scheme, options }, async (scene) => {
  for (const maxVersion of ["TLSv1.2", "TLSv1.3"] as const) {
    const { raw, secure, closed } = await openTls(scene, { maxVersion });
    secure.write(connectBytes("live"));
    await happened(secure, "data");
    // The alert goes out, and the socket below stays open.
    const end = raw.end.bind(raw);
    raw.end = () => raw;
    secure.end();
    raw.write(randomBytes(5000));
    await closed;
    end();
  }
  await scene.holdsAtMost(4 * MIB);
});
