import { doesNotThrow, equal, throws } from "node:assert/strict";
import { test } from "node:test";
import { checkServerVersion, familyOfClientVersion } from "./version.ts";

test("every first byte of a client continues or is refused for a reason", () => {
  const families = Map.groupBy(
    Array.from({ length: 256 }, (_, index) => index),
    (c0) => {
      try {
        return familyOfClientVersion(c0);
      } catch (error) {
        return (error as { code: string }).code;
      }
    },
  );
  const counts = Object.fromEntries([...families].map(([name, bytes]) => [name, bytes.length]));
  equal(families.get("encrypted")?.join(), "6,8,9");
  equal(families.get("handshake.tls")?.join(), "21,22");
  equal(
    families
      .get("handshake.http")
      ?.map((byte) => String.fromCharCode(byte))
      .join(""),
    "CDGHOP",
  );
  equal(counts["clear"], 32 - 3 - 2);
  equal(counts["handshake.version"], 256 - 32 - 6);
});

test("a client goes on only with the version that it offered", () => {
  doesNotThrow(() => checkServerVersion(3, 3));
  throws(() => checkServerVersion(6, 3), { code: "handshake.version", message: /version 6, but 3 was offered/ });
  throws(() => checkServerVersion(0x15, 3), { code: "handshake.tls" });
  throws(() => checkServerVersion(0x48, 3), { code: "handshake.http", message: /letter H/ });
});
