import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import { jsonBody, limit, problemBody, REFUSALS, type RestContext, refuse, text } from "./route-parts.ts";
import * as schemas from "./schemas.ts";

const server = createRoute({
  method: "get",
  path: "/api/v1/server",
  summary: "The server as a whole",
  tags: ["server"],
  responses: { 200: jsonBody("The server.", schemas.server), ...REFUSALS },
});

const events = createRoute({
  method: "get",
  path: "/api/v1/events",
  summary: "What happened lately",
  tags: ["server"],
  request: {
    query: z.object({
      limit,
      after: z.coerce.number().int().min(0).optional().describe("Only those with a greater id."),
      level: z.enum(["info", "warning", "error"]).optional(),
      broadcast: text.optional(),
    }),
  },
  responses: {
    200: jsonBody(
      "Oldest first: the next ones after that id, or else the newest.",
      z.object({ items: z.array(schemas.event) }),
    ),
    400: problemBody("A parameter is wrong."),
    ...REFUSALS,
  },
});

/** Answered elsewhere: a framework would stand between the stream and its back pressure. */
const stream = createRoute({
  method: "get",
  path: "/api/v1/stream",
  summary: "Server-sent events: the state about once a second, and what happens",
  description:
    "`event: snapshot` carries a StreamSnapshot, `event: event` an Event. Events since `Last-Event-ID` come first. A client that reads nothing is cut off.",
  tags: ["server"],
  request: { headers: z.object({ "last-event-id": text.optional() }) },
  responses: {
    200: {
      description: "Lines of events.",
      content: { "text/event-stream": { schema: z.string() } },
    },
    503: problemBody("Too many listen already."),
    ...REFUSALS,
  },
});

const metrics = createRoute({
  method: "get",
  path: "/metrics",
  summary: "For Prometheus",
  tags: ["operation"],
  responses: {
    200: { description: "Its text format.", content: { "text/plain": { schema: z.string() } } },
    ...REFUSALS,
  },
});

const status = (word: "alive" | "ready"): z.ZodType<{ status: typeof word }> => z.object({ status: z.literal(word) });

const healthz = createRoute({
  method: "get",
  path: "/healthz",
  summary: "Whether the process lives",
  tags: ["operation"],
  security: [],
  responses: { 200: jsonBody("It does.", status("alive")) },
});

const readyz = createRoute({
  method: "get",
  path: "/readyz",
  summary: "Whether clients can come",
  tags: ["operation"],
  security: [],
  responses: { 200: jsonBody("They can.", status("ready")), 503: problemBody("The server starts, or it stops.") },
});

const version = createRoute({
  method: "get",
  path: "/version",
  summary: "The server's version",
  tags: ["operation"],
  responses: { 200: jsonBody("Its version.", z.object({ version: z.string(), node: z.string() })), ...REFUSALS },
});

export function addServerRoutes(app: OpenAPIHono, context: RestContext): void {
  const { monitor, isReady = () => true } = context;
  app.openapi(server, async (request) => request.json(await monitor.server(), 200));
  app.openapi(events, (request) => {
    const { after, limit: most, level, broadcast } = request.req.valid("query");
    const wanted = monitor
      .events(after)
      .filter(
        (event) =>
          (level === undefined || event.level === level) && (broadcast === undefined || event.broadcast === broadcast),
      );
    return request.json({ items: after === undefined ? wanted.slice(-most) : wanted.slice(0, most) }, 200);
  });
  app.openAPIRegistry.registerPath(stream);
  app.openAPIRegistry.register("StreamSnapshot", schemas.streamSnapshot);
  app.openapi(metrics, async (request) => {
    const { text: lines, contentType } = await context.metrics.collect();
    return request.text(lines, 200, { "Content-Type": contentType });
  });
  app.openapi(healthz, (request) => request.json({ status: "alive" } as const, 200));
  app.openapi(readyz, (request) =>
    isReady()
      ? request.json({ status: "ready" } as const, 200)
      : refuse(request, "server.not-ready", "The server starts, or it stops.", { "Retry-After": "5" }),
  );
  app.openapi(version, async (request) =>
    request.json({ version: (await monitor.server()).version, node: process.version }, 200),
  );
}
