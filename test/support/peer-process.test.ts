import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import { test } from "node:test";
import { type CleanUp, startPeer } from "./peer-process.ts";
import { installLine, requirePeer } from "./require-peer.ts";

/** A program that says "ready" and then does what `code` does. */
function program(owner: CleanUp, code: string, timeoutMs = 20_000): ReturnType<typeof startPeer> {
  return startPeer(owner, process.execPath, ["-e", `${code}; console.error("ready")`], { timeoutMs });
}

const FOR_EVER = "setInterval(() => {}, 1000)";

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

test("the result has the exit code, the output and the end of the error output", async (t) => {
  const peer = program(t, "console.log('out'); process.exitCode = 3");
  deepEqual(await peer.done, { exitCode: 3, signal: null, isTimedOut: false, stdout: "out\n", stderrTail: "ready\n" });
});

test("a peer that ignores the request to end is killed", async (t) => {
  const peer = program(t, `process.on("SIGINT", () => {}); ${FOR_EVER}`);
  await peer.untilStderr(/ready/);
  equal((await peer.stop(50)).signal, "SIGKILL");
});

test("a peer that lives too long is killed", async (t) => {
  const result = await program(t, FOR_EVER, 100).done;
  ok(result.isTimedOut);
});

test("the end of the owner is the end of the peer", async (t) => {
  const ends: (() => Promise<void>)[] = [];
  const peer = program({ after: (end) => ends.push(end) }, FOR_EVER);
  t.after(() => peer.kill());
  await peer.untilStderr(/ready/);
  ok(isAlive(peer.pid));
  for (const end of ends) await end();
  equal(isAlive(peer.pid), false);
});

test("to wait for words of a peer that has ended, or is silent, is an error that shows what it said", async (t) => {
  await rejects(program(t, "").untilStderr(/never/), /ended before it wrote \/never\/:\nready/);
  await rejects(program(t, FOR_EVER).untilStderr(/never/, 500), /did not write \/never\/ within 500 ms/);
});

test("a program that does not exist ends with 127", async (t) => {
  const result = await startPeer(t, "/does/not/exist", []).done;
  equal(result.exitCode, 127);
  match(result.stderrTail, /ENOENT/);
});

test("a missing program is an error with the line that installs it", (t) => {
  const path = process.env["PATH"];
  t.after(() => {
    process.env["PATH"] = path;
  });
  process.env["PATH"] = "";
  const line = installLine(["rtmpdump"]);
  match(line, /^apt-get update && apt-get install -y .*rtmpdump$/);
  let message = "";
  try {
    requirePeer("rtmpdump");
  } catch (error) {
    message = error instanceof Error ? error.message : "";
  }
  equal(message, `rtmpdump is missing. Install it: ${line}`);
});
