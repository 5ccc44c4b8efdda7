import { deepEqual, equal } from "node:assert/strict";
import { once } from "node:events";
import { Socket } from "node:net";
import { test } from "node:test";
import { OpenSockets } from "./open-sockets.ts";
import { DEFAULT_LIMITS } from "./options.ts";

test("as many sockets as there may be connections, and another when one has closed", async () => {
  const sockets = new OpenSockets({ ...DEFAULT_LIMITS, maxConnections: 2 });
  const [first, second, third] = [new Socket(), new Socket(), new Socket()];
  deepEqual([sockets.add(first), sockets.add(second), sockets.add(third)], [undefined, undefined, 2]);
  first.destroy();
  await once(first, "close");
  equal(sockets.add(third), undefined);
  equal(sockets.add(new Socket()), 2);
});

test("a network has a limit for what is no HTTP, and twice as many for what is", async () => {
  const sockets = new OpenSockets({ ...DEFAULT_LIMITS, maxConnectionsPerAddress: 1 });
  const opened = Array.from({ length: 5 }, () => new Socket());
  const [
    first = new Socket(),
    second = new Socket(),
    third = new Socket(),
    fourth = new Socket(),
    fifth = new Socket(),
  ] = opened;
  for (const socket of opened) sockets.add(socket);
  equal(sockets.admit(first, "a"), undefined);
  equal(sockets.admit(second, "a"), 1);
  equal(sockets.admit(third, "b"), undefined, "another network");
  second.destroy();
  await once(second, "close");
  equal(sockets.becomeHttp(first), undefined);
  equal(sockets.admit(fourth, "a"), undefined, "the one of HTTP counts apart");
  equal(sockets.becomeHttp(fourth), undefined);
  equal(sockets.admit(fifth, "a"), undefined);
  equal(sockets.becomeHttp(fifth), 2);
});

test("without a limit a network has as many as it likes", () => {
  const sockets = new OpenSockets(DEFAULT_LIMITS);
  for (let count = 0; count < 100; count++) {
    const socket = new Socket();
    deepEqual(
      [sockets.add(socket), sockets.admit(socket, "a"), sockets.becomeHttp(socket)],
      [undefined, undefined, undefined],
    );
  }
});

test("a socket that has closed meanwhile is not counted", async () => {
  const sockets = new OpenSockets({ ...DEFAULT_LIMITS, maxConnectionsPerAddress: 1 });
  const gone = new Socket();
  sockets.add(gone);
  gone.destroy();
  await once(gone, "close");
  equal(sockets.admit(gone, "a"), undefined);
  equal(sockets.becomeHttp(gone), undefined);
  const next = new Socket();
  sockets.add(next);
  equal(sockets.admit(next, "a"), undefined);
});

test("all are destroyed at once", () => {
  const sockets = new OpenSockets(DEFAULT_LIMITS);
  const opened = [new Socket(), new Socket()];
  for (const socket of opened) sockets.add(socket);
  sockets.destroyAll();
  deepEqual(
    opened.map(({ destroyed }) => destroyed),
    [true, true],
  );
});
