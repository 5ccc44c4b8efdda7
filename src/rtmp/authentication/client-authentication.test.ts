import { deepEqual, equal, ok, throws } from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import {
  type AuthenticationMode,
  decodeAccessRejection,
  describeAuthenticationFailure,
  describeAuthenticationWanted,
  describeChallenge,
} from "./access-manager.ts";
import { appendQuery, ClientAuthentication } from "./client-authentication.ts";

const NEEDS = {
  md5: (bytes: Uint8Array): Uint8Array => createHash("md5").update(bytes).digest(),
  randomBytes: (length: number): Uint8Array => Uint8Array.from({ length }, (_, index) => index),
};
const CREDENTIALS = { user: "joe", password: "secret" };
/** Base64 of 0 to 5. */
const NONCE = "AAECAwQF";

const CHALLENGES: Readonly<Record<AuthenticationMode, string>> = {
  adobe: describeChallenge("adobe", { user: "joe", salt: "c2FsdA==", challenge: "Y2g=", opaque: "b3BhcXVl" }),
  llnw: describeChallenge("llnw", { user: "joe", nonce: "deadbeef" }),
};

test("the texts are those that FFmpeg and GStreamer look for", () => {
  equal(describeAuthenticationWanted("adobe"), "[ AccessManager.Reject ] : [ code=403 need auth; authmod=adobe ] : ");
  equal(
    CHALLENGES.adobe,
    "[ AccessManager.Reject ] : [ authmod=adobe ] : ?reason=needauth&user=joe&salt=c2FsdA==&challenge=Y2g=&opaque=b3BhcXVl",
  );
  equal(
    describeAuthenticationFailure("adobe", "b3BhcXVl"),
    "[ AccessManager.Reject ] : [ authmod=adobe ] : ?reason=authfailed&opaque=b3BhcXVl",
  );
  equal(describeAuthenticationFailure("llnw"), "[ AccessManager.Reject ] : [ authmod=llnw ] : ?reason=authfailed");
  const longest = { user: "u".repeat(100), salt: "s".repeat(12), challenge: "c".repeat(12), opaque: "o".repeat(12) };
  ok(describeChallenge("adobe", longest).length <= 255);
  throws(() => describeChallenge("adobe", { ...longest, user: "u".repeat(200) }), RangeError);
});

test("what other servers say is understood: spaces, order and unknown parts do not matter", () => {
  const kindOf = (text: string): string | undefined => decodeAccessRejection(text)?.kind;
  equal(kindOf("[ AccessManager.Reject ] : [ code=403 need auth; authmod=adobe ] : "), "wanted");
  equal(kindOf("[AccessManager.Reject]:[authmod=llnw] : ?reason=authfail"), "failed");
  equal(kindOf("[ AccessManager.Reject ] : [ authmod=adobe ] : ?reason=nosuchuser&opaque=a"), "failed");
  equal(kindOf("[ AccessManager.Reject ] : [ authmod=adobe ] : ?user=joe&x&reason=needauth"), "challenge");
  equal(kindOf("Connection rejected."), undefined);
  equal(kindOf("authmod=adobe is off"), undefined);
  equal(decodeAccessRejection(CHALLENGES.adobe)?.parameters.get("salt"), "c2FsdA==");
});

test("two rejections lead to a signed connect, by Adobe's scheme", () => {
  const authentication = new ClientAuthentication(CREDENTIALS, "live", NEEDS);
  deepEqual(authentication.next(describeAuthenticationWanted("adobe")), {
    kind: "retry",
    query: "authmod=adobe&user=joe",
  });
  deepEqual(authentication.next(CHALLENGES.adobe), {
    kind: "retry",
    query: `authmod=adobe&user=joe&challenge=${NONCE}&response=6y5cXGolH4MZgBLd7RfJuA==&opaque=b3BhcXVl`,
  });
  deepEqual(authentication.next(describeAuthenticationFailure("adobe")), {
    kind: "give-up",
    reason: "the user or the password is wrong",
  });
});

test("and by Limelight's, for the app without its query", () => {
  const query = (app: string): string => {
    const step = new ClientAuthentication(CREDENTIALS, app, NEEDS).next(CHALLENGES.llnw);
    return step?.kind === "retry" ? step.query : "";
  };
  ok(query("live").startsWith(`authmod=llnw&user=joe&nonce=deadbeef&cnonce=${NONCE}&nc=00000001&response=`));
  equal(query("live?a=1"), query("live"));
  equal(query("live/_definst_"), query("live"));
});

test("no server makes the client go on for ever", () => {
  const named = new ClientAuthentication(CREDENTIALS, "live", NEEDS);
  named.next(describeAuthenticationWanted("llnw"));
  equal(named.next(describeAuthenticationWanted("llnw"))?.kind, "give-up");
  const signed = new ClientAuthentication(CREDENTIALS, "live", NEEDS);
  signed.next(CHALLENGES.llnw);
  equal(signed.next(CHALLENGES.llnw)?.kind, "give-up");
  equal(signed.next(describeAuthenticationWanted("adobe"))?.kind, "give-up");
  equal(
    new ClientAuthentication(CREDENTIALS, "live", NEEDS).next("[ authmod=other ] : ?reason=needauth")?.kind,
    "give-up",
  );
  equal(new ClientAuthentication(CREDENTIALS, "live", NEEDS).next("No."), undefined);
});

test("a user's name that would end its parameter is refused", () => {
  for (const user of ["a&b", "a=b", "a?b", "a b"]) {
    throws(() => new ClientAuthentication({ user, password: "" }, "live", NEEDS), TypeError);
  }
});

test("a query goes behind another, and as it is", () => {
  equal(appendQuery("live", "a=b+/="), "live?a=b+/=");
  equal(appendQuery("live?x=1", "a=b"), "live?x=1&a=b");
  equal(appendQuery("live", ""), "live");
});
