import type { IncomingMessage, ServerResponse } from "node:http";
import { getRequestListener } from "@hono/node-server";
import { OpenAPIHono } from "@hono/zod-openapi";
import { HTTPException } from "hono/http-exception";
import { PROBLEM_STATUS, type ProblemCode, problemOf, problemResponse } from "../problem.ts";
import { addBroadcastRoutes } from "./broadcast-routes.ts";
import { addConnectionRoutes } from "./connection-routes.ts";
import type { RestContext } from "./route-parts.ts";
import { addServerRoutes } from "./server-routes.ts";
import { addSessionRoutes } from "./session-routes.ts";

/** The routes that answer with JSON, and the document that describes all of them. */
export type RestApp = {
  /** Never rejects. */
  handle(request: IncomingMessage, response: ServerResponse): Promise<void>;
  /** What may be asked of that path; undefined where there is nothing. */
  methodsOf(path: string): readonly string[] | undefined;
  /** Whether everybody may ask that without the token. */
  isOpen(path: string, method: string): boolean;
};

export const DOCUMENT_PATH = "/openapi.json";

export function createRestApp(context: RestContext, version: string): RestApp {
  const app = new OpenAPIHono({
    defaultHook: (result) => {
      if (result.success) return undefined;
      const [issue] = result.error.issues;
      const place = issue === undefined || issue.path.length === 0 ? "" : `${issue.path.join(".")}: `;
      return problemResponse(problemOf("request.parameter", `${place}${issue?.message ?? "this cannot be"}`));
    },
  });
  addServerRoutes(app, context);
  addBroadcastRoutes(app, context);
  addConnectionRoutes(app, context);
  addSessionRoutes(app, context);
  app.get(DOCUMENT_PATH, (request) => request.json(document));
  app.notFound(() => problemResponse(problemOf("not-found.path", "There is nothing at this path.")));
  app.onError((error) => {
    if (error instanceof HTTPException) return problemResponse(problemOf(codeOf(error.status), error.message));
    context.onError(error);
    return problemResponse(problemOf("server.error", "The server failed at this; its log says why."));
  });
  const document = describe(app, version);
  const listener = getRequestListener(app.fetch, {
    overrideGlobalObjects: false,
    errorHandler: () => problemResponse(problemOf("request.malformed", "This request cannot be understood.")),
  });
  const routes = routesOf(app);
  return {
    handle: (request, response) => listener(request, response),
    methodsOf: (path) => routes.find(({ pattern }) => pattern.test(path))?.methods,
    isOpen: (path, method) =>
      path === DOCUMENT_PATH ||
      routes.some(({ pattern, openMethods }) => pattern.test(path) && openMethods.includes(method)),
  };
}

type Document = ReturnType<OpenAPIHono["getOpenAPI31Document"]>;

function describe(app: OpenAPIHono, version: string): Document {
  app.openAPIRegistry.registerComponent("securitySchemes", "token", { type: "http", scheme: "bearer" });
  app.openAPIRegistry.registerComponent("securitySchemes", "session", {
    type: "apiKey",
    in: "cookie",
    name: "millrace_session_PORT",
  });
  return app.getOpenAPI31Document({
    openapi: "3.1.0",
    info: {
      title: "millrace",
      version,
      description: "What a millrace media server tells of itself, and how connections are ended.",
      license: { name: "MIT" },
    },
    security: [{ token: [] }, { session: [] }],
  });
}

type KnownRoute = {
  readonly pattern: RegExp;
  readonly methods: readonly string[];
  /** Those that need no token. */
  readonly openMethods: readonly string[];
};

function routesOf(app: OpenAPIHono): readonly KnownRoute[] {
  const byPath = new Map<string, { methods: string[]; openMethods: string[] }>([
    [DOCUMENT_PATH, { methods: ["GET", "HEAD"], openMethods: ["GET", "HEAD"] }],
  ]);
  for (const definition of app.openAPIRegistry.definitions) {
    if (definition.type !== "route") continue;
    const { path, method, security } = definition.route;
    const known = byPath.get(path) ?? { methods: [], openMethods: [] };
    byPath.set(path, known);
    const methods = method === "get" ? ["GET", "HEAD"] : [method.toUpperCase()];
    known.methods.push(...methods);
    if (security?.length === 0) known.openMethods.push(...methods);
  }
  return Array.from(byPath, ([path, { methods, openMethods }]) => ({
    pattern: new RegExp(`^${path.replaceAll(".", "\\.").replaceAll(/\{\w+\}/g, "[^/]+")}$`),
    methods: [...methods, "OPTIONS"],
    openMethods: [...openMethods, "OPTIONS"],
  }));
}

/** Of what the framework refuses by itself. */
function codeOf(status: number): ProblemCode {
  const codes: readonly ProblemCode[] = ["request.content-type", "request.malformed"];
  return codes.find((code) => PROBLEM_STATUS[code] === status) ?? "request.malformed";
}
