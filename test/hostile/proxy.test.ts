import { deepEqual, equal } from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { concatBytes } from "../../src/bytes/concat.ts";
import { hex } from "../../src/bytes/hex.ts";
import { attack } from "./attack.ts";
import { handshakeBytes } from "./attacker.ts";
import { latin1, openTunnel, postBytes, requestBytes } from "./http-bytes.ts";

const MIB = 1024 * 1024;
/** The neighbours come from 127.0.0.1 without a header, and these attackers as the balancer. */
const BALANCER = "127.0.0.2";
const balancer = { localAddress: BALANCER };
const timeouts = { handshakeMs: 400, connectMs: 400, requestMs: 400, tunnelMs: 1000 };
const options = { timeouts, proxyProtocolFrom: [BALANCER] };

const SIGNATURE = hex`0d0a0d0a000d0a515549540a`;
const block = (head: Uint8Array, length: number, rest: Uint8Array): Uint8Array =>
  concatBytes([SIGNATURE, head, Uint8Array.of(length >> 8, length), rest]);
const ADDRESSES = hex`c0000207 c6336401 c350 078f`;
const GOOD_1 = latin1("PROXY TCP4 192.0.2.7 198.51.100.1 50000 1935\r\n");
const GOOD_2 = block(hex`2111`, 12, ADDRESSES);

/** Headers that are none, or lie. */
const BAD_HEADERS: readonly (readonly [string, Uint8Array])[] = [
  ["no header", handshakeBytes()],
  ["a line without its end", latin1(`PROXY TCP4 ${"1".repeat(100_000)}`)],
  ["a line with a bare line feed", latin1("PROXY TCP4 192.0.2.7 198.51.100.1 50000 1935\n")],
  ["a line with a bare carriage return", latin1(`PROXY TCP4 192.0.2.7 198.51.100.1 50000 1935\r${"x".repeat(200)}`)],
  ["a name as address", latin1("PROXY TCP4 localhost 198.51.100.1 50000 1935\r\n")],
  ["IPv6 as IPv4", latin1("PROXY TCP4 2001:db8::1 198.51.100.1 50000 1935\r\n")],
  ["a zone", latin1("PROXY TCP6 fe80::1%eth0 2001:db8::2 50000 1935\r\n")],
  ["an address with zeros in front", latin1("PROXY TCP4 192.0.2.007 198.51.100.1 50000 1935\r\n")],
  ["a port too high", latin1("PROXY TCP4 192.0.2.7 198.51.100.1 65536 1935\r\n")],
  ["a port with a sign", latin1("PROXY TCP4 192.0.2.7 198.51.100.1 +1 1935\r\n")],
  ["two spaces", latin1("PROXY TCP4  192.0.2.7 198.51.100.1 50000 1935\r\n")],
  ["one more word", latin1("PROXY TCP4 192.0.2.7 198.51.100.1 50000 1935 x\r\n")],
  ["UDP", latin1("PROXY UDP4 192.0.2.7 198.51.100.1 50000 1935\r\n")],
  ["small letters", latin1("proxy tcp4 192.0.2.7 198.51.100.1 50000 1935\r\n")],
  ["a NUL", latin1("PROXY TCP4 192.0.2.7\0 198.51.100.1 50000 1935\r\n")],
  ["version 1 of the binary form", block(hex`1111`, 12, ADDRESSES)],
  ["version 3 of the binary form", block(hex`3111`, 12, ADDRESSES)],
  ["command 2", block(hex`2211`, 12, ADDRESSES)],
  ["family 4", block(hex`2141`, 12, ADDRESSES)],
  ["datagrams", block(hex`2112`, 12, ADDRESSES)],
  ["no addresses", block(hex`2111`, 0, hex``)],
  ["addresses that are cut", block(hex`2111`, 11, ADDRESSES)],
  ["IPv6 with addresses of IPv4", block(hex`2121`, 12, ADDRESSES)],
  ["64 KiB more", block(hex`2111`, 0xffff, new Uint8Array(70_000))],
  ["4097 bytes more", block(hex`2111`, 4097, new Uint8Array(4097))],
  ["a damaged signature", concatBytes([SIGNATURE.slice(0, 11), hex`0b`, hex`21110000`])],
  ["two headers", concatBytes([GOOD_1, GOOD_1, handshakeBytes()])],
  ["both headers", concatBytes([GOOD_2, GOOD_1, handshakeBytes()])],
];

attack("headers that are none, or lie", { options }, async (scene) => {
  for (const [, bytes] of BAD_HEADERS) {
    const enemy = scene.attacker(balancer);
    await enemy.send(bytes);
    await enemy.closed;
  }
  await scene.server.untilLogged("proxy.header", BAD_HEADERS.length);
});

attack("headers that stop, and that never stop", { options }, async (scene) => {
  const long = block(hex`2111`, 4096, new Uint8Array(4096));
  const beginnings = [
    ...Array.from({ length: GOOD_1.length }, (_, length) => GOOD_1.subarray(0, length)),
    ...Array.from({ length: 40 }, (_, index) => long.subarray(0, index * 100)),
    GOOD_1,
    GOOD_2,
  ];
  const enemies = beginnings.map((bytes) => ({ enemy: scene.attacker(balancer), bytes }));
  await Promise.all(enemies.map(({ enemy, bytes }) => enemy.send(bytes)));
  const slow = scene.attacker(balancer);
  for (const byte of long) if (!(await slow.send(Uint8Array.of(byte)))) break;
  await Promise.all(enemies.map(({ enemy }) => enemy.closed));
  await slow.closed;
  await scene.server.untilLogged("timeout.first-byte", beginnings.length);
});

attack("headers from whoever is no balancer", { options }, async (scene) => {
  const strangers = [{}, { localAddress: "127.0.0.3" }];
  for (const stranger of strangers) {
    for (const header of [GOOD_1, GOOD_2, block(hex`2000`, 0, hex``)]) {
      const enemy = scene.attacker(stranger);
      await enemy.send(header, handshakeBytes());
      await enemy.closed;
      equal(enemy.bytesRead, 0);
    }
  }
  await scene.server.untilLogged("proxyProtocolFrom of this listener does not name its address", 6);
});

attack(
  "as many from one client behind the balancer as may be, and others who are not it",
  { options: { ...options, limits: { maxConnectionsPerAddress: 10 } } },
  async (scene) => {
    const from = (source: string): Uint8Array => latin1(`PROXY TCP4 ${source} 198.51.100.1 50000 1935\r\n`);
    const enemies = Array.from({ length: 50 }, () => scene.attacker(balancer));
    await Promise.all(enemies.map((enemy) => enemy.send(from("192.0.2.7"))));
    await scene.server.untilLogged("too many connections", 40);
    const other = scene.attacker(balancer);
    await other.send(from("192.0.2.8"), handshakeBytes());
    await other.untilBytes(3073);
    equal(other.bytesRead, 3073);
    await Promise.all(enemies.map(({ closed }) => closed));
  },
);

/** What proxies write there, and what they would not. */
const FORWARDED = [
  "",
  ",",
  "unknown",
  "_hidden",
  "::ffff:192.0.2.7",
  "[2001:db8::1]:65536",
  "192.0.2.7:99999999",
  "192.0.2.7, 127.0.0.2, , 127.0.0.2",
  "a".repeat(15_000),
  ",".repeat(15_000),
  Array.from({ length: 1300 }, (_, index) => `10.0.0.${index % 256}`).join(","),
  Array.from({ length: 1300 }, () => "127.0.0.2").join(","),
  Array.from({ length: 1300 }, (_, index) => `10.1.${index >> 8}.${index & 255}`).join(","),
  randomBytes(2000)
    .toString("latin1")
    .replaceAll(/[^\x20-\x7e]/g, "x"),
];

attack(
  "X-Forwarded-For of all kinds, from a believed proxy and from others",
  { scheme: "rtmpt", options: { timeouts, forwardedFrom: [BALANCER, "10.0.0.0/8"] } },
  async (scene) => {
    for (const from of [balancer, {}]) {
      for (const value of FORWARDED) {
        const enemy = scene.attacker(from);
        await enemy.send(postBytes("/open/1", "\0", `X-Forwarded-For: ${value}`));
        await enemy.said(/^HTTP\/1\.1 200/);
      }
      const many = scene.attacker(from);
      const headers = Array.from({ length: 700 }, (_, index) => `X-Forwarded-For: 10.0.0.${index % 256}`);
      await many.send(requestBytes(["POST /open/1 HTTP/1.1", "Host: a", "Content-Length: 1", ...headers], "\0"));
      await many.said(/^HTTP\/1\.1 (200|431)/);
    }
    await scene.holdsAtMost(4 * MIB);
  },
);

attack(
  "tunnels in the name of others: who is believed is asked for his limit, and nobody else",
  {
    options: {
      timeouts: { ...timeouts, handshakeMs: 3000 },
      forwardedFrom: [BALANCER],
      limits: { maxConnectionsPerAddress: 10 },
    },
  },
  async (scene) => {
    // From an address that is not believed each name is the same client: it has its ten, and no more.
    const liar = scene.attacker({ localAddress: "127.0.0.3" });
    const statuses: string[] = [];
    for (let index = 0; index < 12; index++) {
      await liar.send(postBytes("/open/1", "\0", `X-Forwarded-For: 192.0.2.${index}`));
      statuses.push((await liar.said(/^HTTP\/1\.1 (\d\d\d)[\s\S]*?\r\n\r\n[^\n]+\n/))[1] ?? "");
    }
    deepEqual(statuses, [...Array<string>(10).fill("200"), "503", "503"]);
    const believed = scene.attacker(balancer);
    for (let index = 0; index < 12; index++) {
      await believed.send(postBytes("/open/1", "\0", `X-Forwarded-For: 192.0.2.${index}`));
      await believed.said(/^HTTP\/1\.1 200[\s\S]*?\r\n\r\n[^\n]+\n/);
    }
    await openTunnel(scene.attacker(balancer));
  },
);
