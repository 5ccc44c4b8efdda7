import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import type { ConnectionSnapshot } from "../../server/snapshots.ts";
import type { ViewerSnapshot } from "../cached-monitor.ts";
import { pageOf } from "./pagination.ts";
import {
  jsonBody,
  pageQuery,
  pageSchema,
  pathParameter,
  problemBody,
  REFUSALS,
  type RestContext,
  reasonQuery,
  refuse,
  text,
} from "./route-parts.ts";
import * as schemas from "./schemas.ts";

const params = z.object({ id: pathParameter("id", "The id of a connection.") });
const badParameter = problemBody("A parameter is wrong.");
const noConnection = problemBody("No connection has that id.");

const filters = {
  ...pageQuery,
  protocol: schemas.protocol.optional(),
  broadcast: text.optional().describe("Only those that publish or play it."),
};

const list = createRoute({
  method: "get",
  path: "/api/v1/connections",
  summary: "Who is connected",
  tags: ["connections"],
  request: {
    query: z.object({ ...filters, role: z.enum(["publisher", "viewer", "other"]).optional() }),
  },
  responses: {
    200: jsonBody("The oldest first.", pageSchema("ConnectionPage", schemas.connection)),
    400: badParameter,
    ...REFUSALS,
  },
});

const one = createRoute({
  method: "get",
  path: "/api/v1/connections/{id}",
  summary: "One connection",
  tags: ["connections"],
  request: { params },
  responses: { 200: jsonBody("The connection.", schemas.connection), 404: noConnection, ...REFUSALS },
});

const kick = createRoute({
  method: "delete",
  path: "/api/v1/connections/{id}",
  summary: "Ends a connection",
  tags: ["connections"],
  request: { params, query: reasonQuery },
  responses: { 204: { description: "It ends." }, 400: badParameter, 404: noConnection, ...REFUSALS },
});

const viewers = createRoute({
  method: "get",
  path: "/api/v1/viewers",
  summary: "Who watches what, with lag and drops",
  tags: ["connections"],
  request: { query: z.object(filters) },
  responses: {
    200: jsonBody("One item for each broadcast that somebody watches.", pageSchema("ViewerPage", schemas.viewer)),
    400: badParameter,
    ...REFUSALS,
  },
});

export function addConnectionRoutes(app: OpenAPIHono, { monitor }: RestContext): void {
  app.openapi(list, async (context) => {
    const { limit, cursor, protocol, broadcast, role } = context.req.valid("query");
    const wanted = (await monitor.connections()).filter(
      (connection) =>
        (protocol === undefined || connection.protocol === protocol) &&
        (broadcast === undefined || isAbout(connection, broadcast)) &&
        (role === undefined || hasRole(connection, role)),
    );
    const page = pageOf(wanted, ({ connectedAtMs, id }) => [connectedAtMs, id], { limit, cursor });
    if (page === undefined) return refuse(context, "request.parameter", BAD_CURSOR);
    return context.json({ ...page, items: [...page.items] }, 200);
  });
  app.openapi(one, async (context) => {
    const { id } = context.req.valid("param");
    const connection = await monitor.connection(id);
    return connection === undefined ? refuse(context, ...none(id)) : context.json(connection, 200);
  });
  app.openapi(kick, async (context) => {
    const { id } = context.req.valid("param");
    const { reason } = context.req.valid("query");
    return (await monitor.kick(id, reason)) ? context.body(null, 204) : refuse(context, ...none(id));
  });
  app.openapi(viewers, async (context) => {
    const { limit, cursor, protocol, broadcast } = context.req.valid("query");
    const wanted = (await monitor.viewers()).filter(
      (viewer) =>
        (protocol === undefined || viewer.protocol === protocol) &&
        (broadcast === undefined || viewer.broadcast === broadcast),
    );
    const page = pageOf(wanted, viewerKey, { limit, cursor });
    if (page === undefined) return refuse(context, "request.parameter", BAD_CURSOR);
    return context.json({ ...page, items: [...page.items] }, 200);
  });
}

const BAD_CURSOR = "cursor: this is none of ours.";

function viewerKey({ connectedAtMs, connection, broadcast }: ViewerSnapshot): [number, string, string] {
  return [connectedAtMs, connection, broadcast];
}

function isAbout({ publishing, playing }: ConnectionSnapshot, broadcast: string): boolean {
  return publishing.includes(broadcast) || playing.some((viewing) => viewing.broadcast === broadcast);
}

function hasRole({ publishing, playing }: ConnectionSnapshot, role: "publisher" | "viewer" | "other"): boolean {
  if (role === "publisher") return publishing.length > 0;
  if (role === "viewer") return playing.length > 0;
  return publishing.length === 0 && playing.length === 0;
}

function none(id: string): ["not-found.connection", string] {
  return ["not-found.connection", `There is no connection ${id}.`];
}
