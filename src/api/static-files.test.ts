import { equal, match, ok } from "node:assert/strict";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { bearer, startApi, TOKEN } from "../../test/support/api.ts";
import { temporaryFolder } from "../../test/support/temporary-folder.ts";

test("the page and its parts have their types, and are kept as long as their names say", async (t) => {
  const folder = temporaryFolder(t);
  mkdirSync(join(folder, "assets"));
  writeFileSync(join(folder, "index.html"), "<!doctype html><title>page</title>");
  writeFileSync(join(folder, "assets", "app-B3kX9_qa.js"), "export {};");
  writeFileSync(join(folder, "assets", "style.css"), "body {}");
  writeFileSync(join(folder, "assets", "program.sh"), "rm");
  const { ask } = await startApi(t, { dashboardFolder: folder, token: TOKEN });
  const page = await ask("/");
  equal(page.status, 200);
  match(page.text, /<title>page/);
  equal(page.headers["content-type"], "text/html; charset=utf-8");
  equal(page.headers["cache-control"], "no-cache");
  const policy = String(page.headers["content-security-policy"]);
  for (const rule of [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "frame-ancestors 'none'",
    "base-uri 'none'",
  ]) {
    ok(policy.split("; ").includes(rule), rule);
  }
  equal(policy.includes("unsafe"), false);
  equal(page.headers["cross-origin-opener-policy"], "same-origin");
  const script = await ask("/assets/app-B3kX9_qa.js");
  equal(script.headers["content-type"], "text/javascript; charset=utf-8");
  equal(script.headers["cache-control"], "public, max-age=31536000, immutable");
  equal((await ask("/assets/style.css")).headers["cache-control"], "no-cache");
  equal((await ask("/assets/program.sh")).status, 404);
  equal((await ask("/assets")).status, 404);
  equal((await ask("/assets/style.css", { method: "DELETE" })).status, 405);
  const tag = String(page.headers.etag);
  equal((await ask("/", { headers: { "if-none-match": tag } })).status, 304);
  equal((await ask("/index.html", { headers: { "if-none-match": `"x", W/${tag}` } })).text, "");
  const head = await ask("/", { method: "HEAD" });
  equal(head.headers["content-length"], String(page.text.length));
  equal(head.text, "");
});

test("nothing outside the folder is reached", async (t) => {
  const parent = temporaryFolder(t);
  const folder = join(parent, "dashboard");
  mkdirSync(folder);
  writeFileSync(join(folder, "index.html"), "page");
  writeFileSync(join(parent, "secret.txt"), "secret");
  symlinkSync(join(parent, "secret.txt"), join(folder, "link.txt"));
  const { ask } = await startApi(t, { dashboardFolder: folder });
  for (const path of [
    "/../secret.txt",
    "/%2e%2e/secret.txt",
    "/..%2fsecret.txt",
    "/..%5csecret.txt",
    "/assets/../../secret.txt",
    "/link.txt",
    "//secret.txt",
    `${parent}/secret.txt`,
    "/index.html%00.txt",
    "/index.html/",
    "/./../dashboard/../secret.txt",
    "/__proto__",
  ]) {
    const { status, text } = await ask(path);
    equal(status, 404, path);
    equal(text.includes('"secret"'), false);
  }
});

test("without the dashboard a page says what to do, until it has been built", async (t) => {
  const folder = join(temporaryFolder(t), "dashboard");
  const { ask } = await startApi(t, { dashboardFolder: folder });
  const before = await ask("/");
  equal(before.status, 200);
  match(before.text, /npm run build/);
  match(String(before.headers["content-security-policy"]), /default-src 'none'/);
  mkdirSync(folder);
  writeFileSync(join(folder, "index.html"), "built");
  equal((await ask("/")).text, "built");
});

test("pages need no token: they ask for it", async (t) => {
  const { ask } = await startApi(t, { token: TOKEN });
  equal((await ask("/")).status, 200);
  equal((await ask("/api/v1/server")).status, 401);
  equal((await ask("/api/v1/server", { headers: bearer() })).status, 200);
});
