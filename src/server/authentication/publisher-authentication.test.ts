import { deepEqual, equal, match, notEqual, ok, rejects, throws } from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { AmfObject } from "../../formats/amf/amf-value.ts";
import { MAX_USER_BYTES } from "../../rtmp/authentication/access-manager.ts";
import { appendQuery, ClientAuthentication } from "../../rtmp/authentication/client-authentication.ts";
import { decodeConnectRequest } from "../../rtmp/session/connect-request.ts";
import { broadcastNameOf } from "../broadcast-name.ts";
import type { FeatureDecision } from "../feature.ts";
import type { ConnectionInfo, Decision, ServerHooks, StreamRequest } from "../hooks.ts";
import type { AuthenticationOptions } from "../options.ts";
import { PublisherAuthentication } from "./publisher-authentication.ts";

const USERS = new Map([
  ["joe", "secret"],
  ["ann", "other"],
]);
const ENCODER = { type: "nonprivate" };
const needs = {
  md5: (bytes: Uint8Array): Uint8Array => createHash("md5").update(bytes).digest(),
  randomBytes: (length: number): Uint8Array => new Uint8Array(length),
};

class Server {
  nowMs = 0;
  readonly feature: PublisherAuthentication;

  constructor(options: Partial<AuthenticationOptions> = {}, secret?: Uint8Array) {
    this.feature = new PublisherAuthentication({ users: USERS, ...options }, () => this.nowMs, secret);
  }

  async connect(app: string, members: Record<string, string> = ENCODER): Promise<FeatureDecision | undefined> {
    const commandObject = new AmfObject([["app", app], ...Object.entries(members)]);
    const command = { name: "connect", transactionId: 1, commandObject, args: [], unreadable: undefined };
    return await this.feature.connect({}, decodeConnectRequest(command));
  }

  /** The description of a refusal. */
  async refusal(app: string, members?: Record<string, string>): Promise<string> {
    const decision = await this.connect(app, members);
    return decision?.allow === false ? (decision.refusal?.description ?? "") : `allowed ${app}`;
  }

  /** All connections of a client; the last decision, and all queries. */
  async logIn(user: string, password: string, app = "live"): Promise<readonly [FeatureDecision | undefined, string[]]> {
    const authentication = new ClientAuthentication({ user, password }, app, needs);
    const queries = [""];
    for (;;) {
      const decision = await this.connect(appendQuery(app, queries.at(-1) ?? ""));
      const description = decision?.allow === false ? (decision.refusal?.description ?? "") : "";
      const step = authentication.next(description);
      if (step?.kind !== "retry") return [decision, queries];
      queries.push(step.query);
    }
  }
}

for (const mode of ["adobe", "llnw"] as const) {
  test(`${mode}: three connections let a user in who knows the password`, async () => {
    const server = new Server({ modes: [mode] });
    const [decision, queries] = await server.logIn("joe", "secret");
    deepEqual(decision, { allow: true, user: "joe" });
    equal(queries.length, 3);
    equal((await server.logIn("joe", "secret", "live/instance?x=1"))[0]?.allow, true);
  });

  test(`${mode}: what was wrong is not told`, async () => {
    const server = new Server({ modes: [mode] });
    const wrong = await Promise.all([
      server.logIn("joe", "wrong"),
      server.logIn("nobody", "secret"),
      server.logIn("__proto__", "secret"),
      server.logIn("ann", "secret"),
    ]);
    for (const [decision, queries] of wrong) {
      equal(queries.length, 3);
      ok(decision?.allow === false);
      match(
        decision.refusal?.description ?? "",
        /^\[ AccessManager\.Reject \] : \[ authmod=\w+ \] : \?reason=authfailed/,
      );
    }
  });

  test(`${mode}: an answer is good once, and for a minute`, async () => {
    const server = new Server({ modes: [mode] });
    const [, [, named = "", signed = ""]] = await server.logIn("joe", "secret");
    match(await server.refusal(`live?${signed}`), /authfailed/);
    match(await server.refusal(`live?${named}`), /needauth/);
    const authentication = new ClientAuthentication({ user: "joe", password: "secret" }, "live", needs);
    const step = authentication.next(await server.refusal(`live?${named}`));
    server.nowMs = 60_000;
    match(await server.refusal(`live?${step?.kind === "retry" ? step.query : ""}`), /authfailed/);
  });

  test(`${mode}: a challenge is for one user`, async () => {
    const server = new Server({ modes: [mode] });
    const authentication = new ClientAuthentication({ user: "ann", password: "other" }, "live", needs);
    const description = await server.refusal(`live?authmod=${mode}&user=joe`);
    const step = authentication.next(description.replace("user=joe", "user=ann"));
    match(await server.refusal(`live?${step?.kind === "retry" ? step.query : ""}`), /authfailed/);
  });
}

for (const mode of ["adobe", "llnw"] as const) {
  test(`${mode}: each connection of a client may come to another process`, async () => {
    const secret = new Uint8Array(32).fill(5);
    const [first, second, stranger] = [secret, secret, undefined].map(
      (shared) => new Server({ modes: [mode] }, shared),
    );
    ok(first !== undefined && second !== undefined && stranger !== undefined);
    const signIn = async (challenger: Server, verifier: Server): Promise<string> => {
      const authentication = new ClientAuthentication({ user: "joe", password: "secret" }, "live", needs);
      const step = authentication.next(await challenger.refusal(`live?authmod=${mode}&user=joe`));
      const signed = `live?${step?.kind === "retry" ? step.query : ""}`;
      const answer = await verifier.refusal(signed);
      // Good once in each.
      match(await verifier.refusal(signed), /authfailed/);
      return answer.replace(/\?.*/, "");
    };
    equal(await signIn(first, second), "allowed live");
    equal(await signIn(second, first), "allowed live");
    match(await signIn(first, stranger), /AccessManager\.Reject/);
  });
}

test("the salt of a name stays, the challenge does not", async () => {
  const server = new Server();
  const first = await server.refusal("live?authmod=adobe&user=joe");
  const second = await server.refusal("live?authmod=adobe&user=joe");
  const parameters = (text: string): URLSearchParams => new URLSearchParams(text.slice(text.indexOf("?") + 1));
  equal(parameters(first).get("salt"), parameters(second).get("salt"));
  notEqual(parameters(first).get("opaque"), parameters(second).get("opaque"));
  notEqual(parameters(first).get("challenge"), parameters(second).get("challenge"));
});

test("the first mode is what clients are told, and all of them are taken", async () => {
  const server = new Server({ modes: ["llnw", "adobe"] });
  match(await server.refusal("live"), /code=403 need auth; authmod=llnw \]/);
  match(await server.refusal("live?authmod=adobe&user=joe"), /authmod=adobe \] : \?reason=needauth/);
  match(await new Server({ modes: ["llnw"] }).refusal("live?authmod=adobe&user=joe"), /need auth; authmod=llnw/);
  match(await server.refusal("live?authmod=other"), /need auth; authmod=llnw/);
  throws(() => new Server({ modes: [] }), TypeError);
});

test("players come in unasked, and nobody of them publishes", async () => {
  const server = new Server();
  equal(await server.connect("live", {}), undefined);
  const asked: string[] = [];
  const { onPublish } = server.feature.guard({
    onPublish({ broadcastName }) {
      asked.push(broadcastName);
      return { allow: true };
    },
  });
  deepEqual(await onPublish?.(request("live", undefined)), {
    allow: false,
    reason: "Publishing here wants a user and a password: rtmp://USER:PASSWORD@HOST/…",
  });
  deepEqual(await onPublish?.(request("live", "joe")), { allow: true });
  deepEqual(asked, ["live/key"]);
  deepEqual(await server.feature.guard({}).onPublish?.(request("live", "joe")), { allow: true });
});

test("no way to part a name into application and key leads past the password", async () => {
  const { feature } = new Server({ apps: ["live"] });
  const ways = [
    ["", "live/x"],
    ["_definst_", "live/x"],
    ["_definst_/live", "x"],
    ["live/_definst_", "x"],
    ["live", "x"],
  ] as const;
  for (const [app, streamKey] of ways) {
    const name = broadcastNameOf(app, streamKey, 1024);
    const broadcastName = "name" in name ? name.name : "";
    equal(broadcastName, "live/x");
    const asked = { ...request(app, undefined), streamKey, broadcastName };
    equal((await feature.guard({}).onPublish?.(asked))?.allow, false, `${app} + ${streamKey}`);
    equal((await feature.guard({}).onPlay?.(asked))?.allow, true);
    equal((await new Server({ apps: ["live"], appliesTo: "all" }).feature.guard({}).onPlay?.(asked))?.allow, false);
  }
});

test("everybody is asked where that is wanted, and only in the applications that are named", async () => {
  const all = new Server({ appliesTo: "all", apps: ["live", "studio"] });
  for (const app of ["live", "live/instance", "studio"]) match(await all.refusal(app, {}), /need auth/);
  for (const app of ["lively", "other", ""]) equal(await all.connect(app), undefined);
  equal((await all.feature.guard({}).onPublish?.(request("other", undefined)))?.allow, true);
});

test("the whole name counts, wherever a client parts it into application and key", async () => {
  const protects = new Server({ appliesTo: "all", apps: ["/live/inst/"] });
  match(await protects.refusal("live/inst", {}), /need auth/);
  const { onPublish, onPlay } = protects.feature.guard({});
  for (const app of ["live", "", "_definst_"]) {
    equal(await protects.connect(app, {}), undefined);
    const outside = { ...request(app, undefined), broadcastName: "live/inst/key" };
    equal((await onPublish?.(outside))?.allow, false, app);
    equal((await onPlay?.(outside))?.allow, false, app);
  }
  equal((await onPlay?.(request("live", undefined)))?.allow, true);
  const toPublishers = new Server({ apps: ["live"] }).feature.guard({});
  equal((await toPublishers.onPlay?.({ ...request("", undefined), broadcastName: "live/key" }))?.allow, true);
});

test("hooks that are methods of a class are asked as well", async () => {
  class Hooks implements ServerHooks {
    readonly #told: string[] = [];
    get told(): readonly string[] {
      return this.#told;
    }
    onPlay(): Decision {
      this.#told.push("play");
      return { allow: false, reason: "no" };
    }
    onPublishEnd(name: string): void {
      this.#told.push(name);
    }
  }
  const hooks = new Hooks();
  const guarded = new Server().feature.guard(hooks);
  const asked = request("live", undefined);
  deepEqual(await guarded.onPlay?.(asked), { allow: false, reason: "no" });
  guarded.onPublishEnd?.("live/key", asked.connection, "gone");
  deepEqual(hooks.told, ["play", "live/key"]);
  equal((await guarded.onConnect?.(asked.connection))?.allow, true);
});

test("users may be asked for, now or later; who cannot be asked for lets nobody in", async () => {
  const asked: string[] = [];
  const users = async (user: string): Promise<string | undefined> => {
    asked.push(user);
    return USERS.get(user);
  };
  equal((await new Server({ users }).logIn("joe", "secret"))[0]?.allow, true);
  deepEqual(asked, ["joe"]);
  const failing = (): never => {
    throw new Error("no table");
  };
  await rejects(new Server({ users: failing }).logIn("joe", "secret"), /no table/);
});

test("names that do not fit, and text that is none, are refused as any other", async () => {
  const server = new Server();
  match(await server.refusal(`live?authmod=adobe&user=${"u".repeat(MAX_USER_BYTES)}`), /needauth/);
  match(await server.refusal(`live?authmod=adobe&user=${"u".repeat(MAX_USER_BYTES + 1)}`), /authfailed/);
  match(await server.refusal(`live?authmod=adobe&user=${"é".repeat(MAX_USER_BYTES / 2 + 1)}`), /authfailed/);
  match(await server.refusal("live?authmod=adobe"), /need auth/);
  match(await server.refusal("live?authmod=adobe&user=joe&response=\ufffd\ufffd&opaque=\ufffd"), /authfailed/);
  match(await server.refusal(`live?authmod=llnw&user=joe&response=${"x".repeat(100_000)}`), /authfailed$/);
});

function request(app: string, user: string | undefined): StreamRequest {
  const connection: ConnectionInfo = {
    ...{ id: "1", remoteAddress: "127.0.0.1:1", transport: "memory", isRtmpe: false, app, appQuery: "", tcUrl: "" },
    ...{ flashVersion: "", pageUrl: "", swfUrl: "" },
    ...(user !== undefined && { user }),
  };
  return { connection, broadcastName: `${app}/key`, streamKey: "key", query: "" };
}
