import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import { type Answer, bearer, startApi, TOKEN } from "../../../test/support/api.ts";
import { broadcastSnapshot, fakeMonitor } from "../../../test/support/fake-monitor.ts";

type Operation = {
  readonly parameters?: readonly { readonly name: string; readonly in: string }[];
  readonly responses: Readonly<
    Record<string, { readonly content?: Readonly<Record<string, { readonly schema: object }>> }>
  >;
  readonly security?: readonly object[];
};

type OpenApi = {
  readonly openapi: string;
  readonly info: { readonly version: string };
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, object>> };
};

/** One request, and the status that it shall have. */
type Case = {
  readonly operation: string;
  readonly status: number;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
};

const JSON_TYPE = { "content-type": "application/json" };
const SIGN_IN = "POST /api/v1/session";

const CASES: readonly Case[] = [
  { operation: "GET /api/v1/server", status: 200, path: "/api/v1/server" },
  {
    operation: "GET /api/v1/events",
    status: 200,
    path: "/api/v1/events?after=0&limit=1&level=info&broadcast=live/demo",
  },
  { operation: "GET /api/v1/events", status: 400, path: "/api/v1/events?limit=1001" },
  { operation: "GET /api/v1/stream", status: 200, path: "/api/v1/stream" },
  { operation: "GET /api/v1/stream", status: 503, path: "/api/v1/stream" },
  { operation: "GET /metrics", status: 200, path: "/metrics" },
  { operation: "GET /healthz", status: 200, path: "/healthz" },
  { operation: "GET /readyz", status: 200, path: "/readyz" },
  { operation: "GET /readyz", status: 503, path: "/readyz" },
  { operation: "GET /version", status: 200, path: "/version" },
  { operation: "GET /api/v1/broadcasts", status: 200, path: "/api/v1/broadcasts?state=live&limit=1" },
  { operation: "GET /api/v1/broadcasts", status: 400, path: "/api/v1/broadcasts?state=asleep" },
  { operation: "GET /api/v1/broadcasts/{name}", status: 200, path: "/api/v1/broadcasts/live%2Fdemo" },
  { operation: "GET /api/v1/broadcasts/{name}", status: 404, path: "/api/v1/broadcasts/live%2Fnone" },
  { operation: "GET /api/v1/broadcasts/{name}/history", status: 200, path: "/api/v1/broadcasts/live%2Fdemo/history" },
  { operation: "GET /api/v1/broadcasts/{name}/history", status: 404, path: "/api/v1/broadcasts/x/history" },
  {
    operation: "GET /api/v1/broadcasts/{name}/picture.mp4",
    status: 200,
    path: "/api/v1/broadcasts/live%2Fdemo/picture.mp4",
  },
  { operation: "GET /api/v1/broadcasts/{name}/picture.mp4", status: 404, path: "/api/v1/broadcasts/x/picture.mp4" },
  { operation: "GET /api/v1/broadcasts/{name}/picture.mp4", status: 501, path: "/api/v1/broadcasts/x/picture.mp4" },
  {
    operation: "DELETE /api/v1/broadcasts/{name}/publisher",
    status: 204,
    path: "/api/v1/broadcasts/live%2Fdemo/publisher?reason=why",
  },
  {
    operation: "DELETE /api/v1/broadcasts/{name}/publisher",
    status: 400,
    path: "/api/v1/broadcasts/live%2Fdemo/publisher?reason=",
  },
  { operation: "DELETE /api/v1/broadcasts/{name}/publisher", status: 404, path: "/api/v1/broadcasts/x/publisher" },
  {
    operation: "GET /api/v1/connections",
    status: 200,
    path: "/api/v1/connections?protocol=rtmp&role=viewer&broadcast=live/demo",
  },
  { operation: "GET /api/v1/connections", status: 400, path: "/api/v1/connections?cursor=none" },
  { operation: "GET /api/v1/connections/{id}", status: 200, path: "/api/v1/connections/1" },
  { operation: "GET /api/v1/connections/{id}", status: 404, path: "/api/v1/connections/77" },
  { operation: "DELETE /api/v1/connections/{id}", status: 204, path: "/api/v1/connections/1" },
  {
    operation: "DELETE /api/v1/connections/{id}",
    status: 400,
    path: `/api/v1/connections/1?reason=${"x".repeat(201)}`,
  },
  { operation: "DELETE /api/v1/connections/{id}", status: 404, path: "/api/v1/connections/77" },
  { operation: "GET /api/v1/viewers", status: 200, path: "/api/v1/viewers?protocol=rtmp&broadcast=live/demo" },
  { operation: "GET /api/v1/viewers", status: 400, path: "/api/v1/viewers?protocol=smtp" },
  { operation: "GET /api/v1/session", status: 200, path: "/api/v1/session" },
  {
    operation: SIGN_IN,
    status: 200,
    path: "/api/v1/session",
    headers: JSON_TYPE,
    body: JSON.stringify({ token: TOKEN }),
  },
  { operation: SIGN_IN, status: 400, path: "/api/v1/session", headers: JSON_TYPE, body: "{" },
  { operation: SIGN_IN, status: 400, path: "/api/v1/session", headers: JSON_TYPE, body: '{"token":7}' },
  { operation: SIGN_IN, status: 401, path: "/api/v1/session", headers: JSON_TYPE, body: '{"token":"wrong"}' },
  {
    operation: SIGN_IN,
    status: 411,
    path: "/api/v1/session",
    headers: { ...JSON_TYPE, "transfer-encoding": "chunked" },
    body: "{}",
  },
  { operation: SIGN_IN, status: 413, path: "/api/v1/session", headers: JSON_TYPE, body: " ".repeat(16_385) },
  { operation: SIGN_IN, status: 415, path: "/api/v1/session", headers: { "content-type": "text/plain" }, body: "{}" },
  { operation: "DELETE /api/v1/session", status: 204, path: "/api/v1/session" },
  { operation: SIGN_IN, status: 429, path: "/api/v1/session", headers: JSON_TYPE, body: '{"token":"wrong"}' },
];

test("every answer is what the OpenAPI document says, and every status that it names was seen", async (t) => {
  const monitor = fakeMonitor();
  monitor.tell({
    broadcast: "live/demo",
    connection: "2",
    remoteAddress: "192.0.2.7:1",
    protocol: "rtmp",
    code: "a.b",
  });
  const picture = async (name: string) => (name === "live/demo" ? Uint8Array.of(0, 0, 0, 8) : undefined);
  const { ask } = await startApi(t, { token: TOKEN, monitor, picture, limits: { maxEventStreams: 0 } });
  const unready = await startApi(t, { token: TOKEN, isReady: () => false });
  const document = documentOf(await ask("/openapi.json"));
  const check = answerChecker(document);
  const seen = new Set<string>();
  for (const { operation, status, path, headers, body } of CASES) {
    const [method = ""] = operation.split(" ");
    const isProbe = status === 503 && path === "/readyz";
    const isStream = status === 200 && path === "/api/v1/stream";
    const isLimited = status === 429;
    if (isLimited) {
      const wrong = { method, headers: JSON_TYPE, body: '{"token":"wrong"}' };
      for (let times = 0; times < 10; times++) await ask(path, wrong);
    }
    const server = isProbe || status === 501 ? unready : undefined;
    const asked = {
      method: isStream ? "HEAD" : method,
      headers: { ...(!isLimited && bearer()), ...headers },
      ...(body && { body }),
    };
    const answer = isStream
      ? await (await startApi(t, { token: TOKEN })).ask(path, asked)
      : await (server?.ask ?? ask)(path, asked);
    equal(answer.status, status, `${operation} ${answer.text}`);
    if (!isStream) check(operation, answer);
    seen.add(`${operation} ${status}`);
  }
  const documented = operationsOf(document).flatMap(([name, { responses }]) =>
    Object.keys(responses)
      .filter((status) => status !== "default")
      .map((status) => `${name} ${status}`),
  );
  deepEqual(
    documented.filter((status) => !seen.has(status)),
    [],
  );
});

test("what every request may be answered with is described, too", async (t) => {
  const monitor = fakeMonitor();
  const { ask } = await startApi(t, { token: TOKEN, monitor });
  const document = documentOf(await ask("/openapi.json"));
  const check = answerChecker(document);
  for (const [name, operation] of operationsOf(document)) {
    const [method = "", path = ""] = name.split(" ");
    if (operation.security?.length === 0) continue;
    ok(operation.responses["default"] !== undefined, name);
    const refused = await ask(path.replaceAll(/\{\w+\}/g, "x"), { method });
    equal(refused.status, 401, name);
    check(name, refused);
    check(name, await ask(path.replaceAll(/\{\w+\}/g, "x"), { method, headers: { origin: "null" } }));
  }
  monitor.server = async () => {
    throw new Error("broken");
  };
  check("GET /api/v1/server", await ask("/api/v1/server", { headers: bearer() }));
});

test("lists come in pages that leave nothing out while items come and go", async (t) => {
  const { ask, monitor } = await startApi(t);
  monitor.state.broadcasts = ["a/2", "a/1", "b/%2F", "a/3", "ä/1"].map((name) => broadcastSnapshot(name));
  const names: string[] = [];
  let cursor: string | undefined = "";
  let total = 0;
  while (cursor !== undefined) {
    const answer = await ask(`/api/v1/broadcasts?limit=2${cursor && `&cursor=${cursor}`}`);
    const page = JSON.parse(answer.text);
    names.push(...page.items.map(({ name }: { name: string }) => name));
    cursor = page.nextCursor;
    total = page.total;
    ok(names.length <= 5);
  }
  deepEqual(names, ["a/1", "a/2", "a/3", "b/%2F", "ä/1"]);
  equal(total, 5);
  for (const name of names) {
    const { text } = await ask(`/api/v1/broadcasts/${encodeURIComponent(name)}`);
    equal(JSON.parse(text).name, name);
  }
  for (const cursor of ["x", "bm90", "W10", encodeURIComponent("💥")]) {
    const { status } = await ask(`/api/v1/broadcasts?cursor=${cursor}`);
    ok(status === 200 || status === 400, `${cursor}: ${status}`);
  }
});

test("names that are odd find nothing else", async (t) => {
  const { ask } = await startApi(t);
  for (const path of [
    "/api/v1/broadcasts/..%2F..%2Fetc%2Fpasswd",
    "/api/v1/broadcasts/%00",
    "/api/v1/broadcasts/%ff",
    "/api/v1/broadcasts/%",
    "/api/v1/broadcasts/__proto__",
    "/api/v1/connections/constructor",
    `/api/v1/broadcasts/${"x".repeat(2000)}`,
    "/api/v1/broadcasts/live/demo",
    "/api/v1/%2e%2e/%2e%2e/etc/passwd",
    "//evil.example/api/v1/server",
  ]) {
    const { status, headers } = await ask(path);
    ok(status === 404 || status === 400, `${path}: ${status}`);
    equal(headers["content-type"], "application/problem+json", path);
  }
});

function documentOf(answer: Answer): OpenApi {
  const document = JSON.parse(answer.text) as OpenApi;
  equal(document.openapi, "3.1.0");
  equal(document.info.version, "1.2.3");
  return document;
}

function operationsOf({ paths }: OpenApi): [name: string, operation: Operation][] {
  return Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, operation]): [string, Operation] => [
      `${method.toUpperCase()} ${path}`,
      operation,
    ]),
  );
}

/** Throws for an answer that is not described. What an object may have beside its members is nothing. */
function answerChecker(document: OpenApi): (operation: string, answer: Answer) => void {
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  ajv.addSchema({ $id: "openapi.json", components: closed(document.components) });
  const validators = new Map<object, ValidateFunction>();
  const operations = new Map(operationsOf(document));
  return (name, answer) => {
    const { responses } = operations.get(name) ?? { responses: {} };
    const response = responses[answer.status] ?? responses["default"];
    ok(response !== undefined, `${name} is not described with ${answer.status}`);
    if (response.content === undefined) return equal(answer.text, "", name);
    const type = String(answer.headers["content-type"]).split(";")[0] ?? "";
    const content = response.content[type];
    ok(content !== undefined, `${name} is not described with ${answer.status} as ${type}`);
    if (!type.endsWith("json")) return;
    const validate =
      validators.get(content) ??
      ajv.compile(closed(JSON.parse(JSON.stringify(content.schema).replaceAll('"#/', '"openapi.json#/'))));
    validators.set(content, validate);
    ok(
      validate(JSON.parse(answer.text)),
      `${name} ${answer.status}: ${ajv.errorsText(validate.errors)} in ${answer.text}`,
    );
  };
}

function closed<Value>(schema: Value): Value {
  if (Array.isArray(schema)) return schema.map(closed) as Value;
  if (typeof schema !== "object" || schema === null) return schema;
  const members = Object.fromEntries(Object.entries(schema).map(([name, value]) => [name, closed(value)]));
  const isClosed = members["type"] === "object" && members["additionalProperties"] === undefined;
  return { ...members, ...(isClosed && { additionalProperties: false }) } as Value;
}
