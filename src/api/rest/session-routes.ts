import type { IncomingMessage } from "node:http";
import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import type { Context } from "hono";
import { problemResponse } from "../problem.ts";
import { jsonBody, problemBody, REFUSALS, type RestContext } from "./route-parts.ts";

/** How the adapter hands on what Node has. */
export type NodeBindings = { readonly incoming: IncomingMessage };

const MAX_TOKEN = 1024;

const state = z
  .object({
    needsToken: z.boolean().describe("Whether requests need the token at all."),
    isSignedIn: z.boolean().describe("Whether this browser may ask."),
  })
  .openapi("SessionState");

const read = createRoute({
  method: "get",
  path: "/api/v1/session",
  summary: "Whether a browser has to sign in",
  tags: ["session"],
  security: [],
  responses: { 200: jsonBody("How it stands.", state), ...REFUSALS },
});

const signIn = createRoute({
  method: "post",
  path: "/api/v1/session",
  summary: "Signs a browser in",
  description: "The answer sets a cookie, which stands for the token from then on.",
  tags: ["session"],
  security: [],
  request: {
    body: {
      required: true,
      content: { "application/json": { schema: z.object({ token: z.string().min(1).max(MAX_TOKEN) }) } },
    },
  },
  responses: {
    200: jsonBody("It is signed in.", state),
    400: problemBody("The body is no such object."),
    401: problemBody("This is not the token."),
    411: problemBody("The body has no Content-Length."),
    413: problemBody("The body is too long."),
    415: problemBody("The body is not JSON."),
    429: problemBody("Too many wrong tokens came."),
    ...REFUSALS,
  },
});

const signOut = createRoute({
  method: "delete",
  path: "/api/v1/session",
  summary: "Signs a browser out",
  tags: ["session"],
  security: [],
  responses: { 204: { description: "It is signed out." }, ...REFUSALS },
});

export function addSessionRoutes(app: OpenAPIHono, { authorization }: RestContext): void {
  app.openapi(read, (context) => {
    const { needsToken } = authorization;
    const isSignedIn = authorization.authorize(incomingOf(context)).isAllowed;
    return context.json({ needsToken, isSignedIn }, 200);
  });
  app.openapi(signIn, (context) => {
    const { token } = context.req.valid("json");
    const result = authorization.signIn(token, incomingOf(context));
    if (!("cookie" in result)) return problemResponse(result.problem, result.headers) as never;
    return context.json({ needsToken: authorization.needsToken, isSignedIn: true }, 200, {
      "Set-Cookie": result.cookie,
    });
  });
  app.openapi(signOut, (context) => {
    return context.body(null, 204, { "Set-Cookie": authorization.signOut(incomingOf(context)) });
  });
}

function incomingOf(context: Context): IncomingMessage {
  return (context.env as NodeBindings).incoming;
}
