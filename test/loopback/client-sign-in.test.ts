import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import { after, test } from "node:test";
import { connectOn, playOn, publishOn } from "../../src/client/connect-on.ts";
import { type ConnectOptions, type ReconnectEvent, StatusError } from "../../src/client/index.ts";
import { AmfObject, hasMembers } from "../../src/formats/amf/amf-value.ts";
import type { ServerHooks } from "../../src/server/hooks.ts";
import { createMediaServer } from "../../src/server/media-server.ts";
import type { AuthenticationOptions } from "../../src/server/options.ts";
import { MemoryPlatform } from "../support/memory-platform.ts";
import type { CleanUp } from "../support/peer-process.ts";
import { type Reaction, ScriptedServer } from "./scripted-server.ts";

// Streams in memory do not keep a process alive, and the time-outs of a closing server are not meant to.
const alive = setInterval(() => {}, 60_000);
after(() => clearInterval(alive));

const USERS = new Map([["joe", "se/cret"]]);

/** A network with one host that asks for users, and is called `asking`. */
function network(
  owner: CleanUp,
  authentication: Partial<AuthenticationOptions> = {},
  hooks: ServerHooks = {},
): MemoryPlatform {
  const platform = new MemoryPlatform();
  const server = createMediaServer({ authentication: { users: USERS, ...authentication }, hooks });
  owner.after(() => server.stop());
  platform.hosts.set("asking", (stream) => server.accept(stream));
  return platform;
}

/** A network of hosts that answer `connect` as the test wants. */
function scripted(hosts: Readonly<Record<string, Reaction>>): MemoryPlatform & { readonly said: string[] } {
  const platform = new MemoryPlatform();
  const said: string[] = [];
  for (const [host, connect] of Object.entries(hosts)) {
    platform.hosts.set(host, (far) => {
      const server = new ScriptedServer({
        stream: far,
        reactions: {
          connect(self, command, streamId) {
            const member = (key: string): string =>
              hasMembers(command.commandObject) ? String(command.commandObject.get(key)) : "";
            said.push(`${host} ${member("app")} ${member("tcUrl")}`);
            connect(self, command, streamId);
          },
        },
      });
      void server;
    });
  }
  return Object.assign(platform, { said });
}

const ACCEPTS: Reaction = (server, { transactionId }) =>
  server.result(transactionId, { code: "NetConnection.Connect.Success" });

function sendsTo(redirect: string): Reaction {
  return (server, { transactionId }) =>
    server.error(transactionId, {
      level: "error",
      code: "NetConnection.Connect.Rejected",
      description: "Elsewhere.",
      ex: { code: 302, redirect },
    });
}

function moveTo(tcUrl: string): Readonly<Record<string, string>> {
  return { level: "status", code: "NetConnection.Connect.ReconnectRequest", tcUrl };
}

function refused(text: RegExp): (error: unknown) => true {
  return (error) => {
    ok(error instanceof StatusError, String(error));
    match(error.message, text);
    return true;
  };
}

for (const mode of ["adobe", "llnw"] as const) {
  test(`user and password of the URL let the client publish, by ${mode}`, async (t) => {
    const users: (string | undefined)[] = [];
    const platform = network(
      t,
      { modes: [mode] },
      {
        onPublish({ connection }) {
          users.push(connection.user);
          return { allow: true };
        },
      },
    );
    const stream = await publishOn(platform, "rtmp://joe:se%2Fcret@asking/live/key");
    equal(platform.dialled.length, 3);
    deepEqual(users, ["joe"]);
    await stream.close();
  });

  test(`the options say it as well, and a player is not asked, by ${mode}`, async (t) => {
    const platform = network(t, { modes: [mode] });
    const credentials = { user: "joe", password: "se/cret" };
    const connection = await connectOn(platform, "rtmp://asking/live/instance?x=1", { credentials });
    equal(platform.dialled.length, 3);
    await (await connection.publish("key")).close();
    await connection.close();
    const player = await playOn(platform, "rtmp://asking/live/key");
    equal(platform.dialled.length, 4);
    await player.close();
  });

  test(`a wrong password is told in words, by ${mode}`, async (t) => {
    const platform = network(t, { modes: [mode] });
    const wrong = publishOn(platform, "rtmp://joe:wrong@asking/live/key");
    await rejects(wrong, refused(/connect was refused: .*: the user or the password is wrong$/));
    equal(platform.dialled.length, 3);
  });
}

test("who has no password is told to give one, and who gives a stream that it takes three", async (t) => {
  const platform = network(t, { appliesTo: "all" });
  await rejects(playOn(platform, "rtmp://asking/live/key"), refused(/write rtmp:\/\/USER:PASSWORD@HOST/));
  const stream = await platform.openStream({ scheme: "rtmp", host: "asking", port: 1935, app: "live", key: "" });
  const options: ConnectOptions = { stream, credentials: { user: "joe", password: "se/cret" } };
  await rejects(connectOn(platform, "rtmp://asking/live", options), refused(/leave `stream` out/));
});

test("the credentials go into app and tcUrl, as they are", async () => {
  const challenge = "[ AccessManager.Reject ] : [ authmod=adobe ] : ?reason=needauth&user=joe&salt=a+b=&challenge=c==";
  let count = 0;
  const platform = scripted({
    asking: (server, { transactionId }) => {
      if (count++ === 1) return server.result(transactionId, { code: "NetConnection.Connect.Success" });
      server.error(transactionId, { code: "NetConnection.Connect.Rejected", level: "error", description: challenge });
    },
  });
  const connection = await connectOn(platform, "rtmp://joe:x@asking/live?a=1");
  const [, second = ""] = platform.said;
  match(
    second,
    /^asking live\?a=1&authmod=adobe&user=joe&challenge=\S{8}&response=\S{24} rtmp:\/\/asking\/live\?a=1&authmod=/,
  );
  await connection.close();
});

test("goes where the server sends it: the app is the redirect's, the key stays", async () => {
  const platform = scripted({ first: sendsTo("rtmp://second:1936/other/instance"), second: ACCEPTS });
  const stream = await playOn(platform, "rtmp://joe:x@first/live/key?t=1", { app: "live", tcUrl: "rtmp://x/live" });
  deepEqual(platform.said, ["first live rtmp://x/live", "second other/instance rtmp://second:1936/other/instance"]);
  // The password stays with its host.
  deepEqual(platform.dialled, ["rtmp://joe:x@first/live/key?t=1", "rtmp://second:1936/other/instance/key?t=1"]);
  await stream.close();
});

test("a password of the options stays with the URL's host as well, where a redirect or a request to move leads away", async () => {
  const challenge = "[ AccessManager.Reject ] : [ code=403 need auth; authmod=adobe ] : ";
  const asks: Reaction = (server, { transactionId }) =>
    server.error(transactionId, { code: "NetConnection.Connect.Rejected", level: "error", description: challenge });
  const credentials = { user: "joe", password: "x" };
  const away = scripted({ first: sendsTo("rtmp://second/live"), second: asks });
  await rejects(connectOn(away, "rtmp://first/live", { credentials }), refused(/USER:PASSWORD@HOST/));
  deepEqual(away.said, ["first live rtmp://first/live", "second live rtmp://second/live"]);
  const moving = scripted({
    first: (server, command, streamId) => {
      ACCEPTS(server, command, streamId);
      server.command("onStatus", 0, moveTo("rtmp://second/live"));
    },
    second: asks,
  });
  const failed = Promise.withResolvers<unknown>();
  const onEvent = (event: ReconnectEvent): void => {
    if (event.kind === "failed") failed.resolve(event.error);
  };
  const stream = await playOn(moving, "rtmp://first/live/key", { credentials, reconnect: { onEvent } });
  refused(/USER:PASSWORD@HOST/)(await failed.promise);
  deepEqual(moving.said, ["first live rtmp://first/live", "second live rtmp://second/live"]);
  await stream.close();
});

test("a request to move is relative to where redirects led", async () => {
  const platform = scripted({
    first: sendsTo("rtmp://second/live"),
    second: (server, command, streamId) => {
      ACCEPTS(server, command, streamId);
      if (platform.said.length === 2) server.command("onStatus", 0, moveTo("/other"));
    },
  });
  const urls: string[] = [];
  const moved = Promise.withResolvers<void>();
  const onEvent = (event: ReconnectEvent): void => {
    if (event.kind === "connected") urls.push(event.url);
    if (urls.length === 2) moved.resolve();
    if (event.kind === "failed") moved.reject(event.error);
  };
  const stream = await playOn(platform, "rtmp://first/live/key", { reconnect: { onEvent } });
  await moved.promise;
  deepEqual(urls, ["rtmp://second/live", "rtmp://second/other"]);
  await stream.close();
});

test("redirects that go in a circle, on and on, into the open or nowhere are not followed", async () => {
  const circle = scripted({ a: sendsTo("rtmp://b/live"), b: sendsTo("rtmp://a/live") });
  await rejects(
    connectOn(circle, "rtmp://a/live"),
    refused(/Elsewhere\. \(not followed: the redirects go in a circle\)/),
  );
  equal(circle.said.length, 2);
  let count = 0;
  const endless = scripted({ a: (...parts) => sendsTo(`rtmp://a/live${count++}`)(...parts) });
  await rejects(connectOn(endless, "rtmp://a/live"), refused(/more than 5 redirects/));
  equal(endless.said.length, 6);
  const open = scripted({ a: sendsTo("rtmp://b/live"), b: ACCEPTS });
  await rejects(connectOn(open, "rtmps://a/live"), refused(/rtmp:\/\/b\/live is not encrypted/));
  const nowhere = scripted({ a: sendsTo("http://b/live") });
  await rejects(connectOn(nowhere, "rtmp://a/live"), refused(/unknown scheme http/));
  await rejects(
    connectOn(circle, "rtmp://a/live", { maxRedirects: 0 }),
    refused(/^connect was refused: .*Elsewhere\.$/),
  );
});

test("a secure token is answered for who knows the secret", async () => {
  const token = { code: "NetConnection.Connect.Success", secureToken: "ab9c95070ca9d8cb483513ebbe7339d2" };
  const lines: string[] = [];
  const platform = new MemoryPlatform();
  platform.hosts.set("a", (stream) => {
    const reactions: Readonly<Record<string, Reaction>> = {
      connect: (server, { transactionId }) => server.result(transactionId, new AmfObject(Object.entries(token))),
      secureTokenResponse: (_, { args }) => lines.push(String(args[0])),
    };
    new ScriptedServer({ stream, reactions });
  });
  await (await connectOn(platform, "rtmp://a/live")).close();
  await (await connectOn(platform, "rtmp://a/live", { secureToken: "s3cr3t" })).close();
  deepEqual(lines, ["hello wowza 1234"]);
});
