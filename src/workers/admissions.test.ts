import { equal } from "node:assert/strict";
import { test } from "node:test";
import { Admissions } from "./admissions.ts";

test("connections of all workers count together", () => {
  const admissions = new Admissions({ maxConnections: 3, maxConnectionsPerAddress: 0 });
  for (const worker of [1, 2, 2]) equal(admissions.admit(worker, "192.0.2.1"), undefined);
  equal(admissions.admit(3, "192.0.2.2"), "limits.maxConnections is 3");
  admissions.left(2, "192.0.2.1");
  equal(admissions.admit(3, "192.0.2.2"), undefined);
  equal(admissions.size, 3);
});

test("those of one network count together, too", () => {
  const admissions = new Admissions({ maxConnections: 100, maxConnectionsPerAddress: 2 });
  equal(admissions.admit(1, "192.0.2.1"), undefined);
  equal(admissions.admit(2, "192.0.2.1"), undefined);
  equal(admissions.admit(3, "192.0.2.1"), "limits.maxConnectionsPerAddress is 2");
  equal(admissions.admit(3, "2001:db8:0:0::/64"), undefined);
  admissions.left(1, "192.0.2.1");
  equal(admissions.admit(3, "192.0.2.1"), undefined);
});

test("what a dead worker held is given back, once", () => {
  const admissions = new Admissions({ maxConnections: 4, maxConnectionsPerAddress: 2 });
  admissions.admit(1, "192.0.2.1");
  admissions.admit(1, "192.0.2.2");
  admissions.admit(2, "192.0.2.1");
  admissions.remove(1);
  equal(admissions.size, 1);
  admissions.remove(1);
  admissions.left(1, "192.0.2.1");
  equal(admissions.size, 1);
  equal(admissions.admit(1, "192.0.2.1"), undefined);
  equal(admissions.admit(1, "192.0.2.1"), "limits.maxConnectionsPerAddress is 2");
});

test("nothing becomes negative, and nobody gives back what another has", () => {
  const admissions = new Admissions({ maxConnections: 2, maxConnectionsPerAddress: 1 });
  admissions.left(1, "192.0.2.1");
  admissions.admit(1, "192.0.2.1");
  admissions.left(2, "192.0.2.1");
  admissions.left(1, "192.0.2.9");
  equal(admissions.size, 1);
  admissions.left(1, "192.0.2.1");
  admissions.left(1, "192.0.2.1");
  equal(admissions.size, 0);
  for (const worker of [1, 2]) equal(admissions.admit(worker, `192.0.2.${worker}`), undefined);
});
