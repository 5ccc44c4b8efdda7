import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
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
} from "./route-parts.ts";
import * as schemas from "./schemas.ts";

const params = z.object({ name: pathParameter("name", "app/key as one segment: live%2Fdemo.") });
const noBroadcast = problemBody("No broadcast has that name.");

const list = createRoute({
  method: "get",
  path: "/api/v1/broadcasts",
  summary: "Every name that is published, waited for or watched",
  tags: ["broadcasts"],
  request: { query: z.object({ ...pageQuery, state: z.enum(["live", "waiting", "idle"]).optional() }) },
  responses: {
    200: jsonBody("By name.", pageSchema("BroadcastPage", schemas.broadcast)),
    400: problemBody("A parameter is wrong."),
    ...REFUSALS,
  },
});

const one = createRoute({
  method: "get",
  path: "/api/v1/broadcasts/{name}",
  summary: "One broadcast",
  tags: ["broadcasts"],
  request: { params },
  responses: { 200: jsonBody("The broadcast.", schemas.broadcast), 404: noBroadcast, ...REFUSALS },
});

const history = createRoute({
  method: "get",
  path: "/api/v1/broadcasts/{name}/history",
  summary: "The last minutes of a broadcast",
  tags: ["broadcasts"],
  request: { params },
  responses: {
    200: jsonBody("One sample a second, oldest first.", z.object({ items: z.array(schemas.sample) })),
    404: noBroadcast,
    ...REFUSALS,
  },
});

const picture = createRoute({
  method: "get",
  path: "/api/v1/broadcasts/{name}/picture.mp4",
  summary: "The newest keyframe of a broadcast",
  tags: ["broadcasts"],
  request: { params },
  responses: {
    200: {
      description: "An MP4 file with one picture.",
      content: { "video/mp4": { schema: z.string().openapi({ format: "binary" }) } },
    },
    404: problemBody("There is no keyframe, or none that MP4 carries."),
    501: problemBody("This server makes no pictures."),
    ...REFUSALS,
  },
});

const kick = createRoute({
  method: "delete",
  path: "/api/v1/broadcasts/{name}/publisher",
  summary: "Ends the publication; viewers are told",
  tags: ["broadcasts"],
  request: { params, query: reasonQuery },
  responses: {
    204: { description: "It has ended." },
    400: problemBody("A parameter is wrong."),
    404: problemBody("Nobody publishes under that name."),
    ...REFUSALS,
  },
});

export function addBroadcastRoutes(app: OpenAPIHono, { monitor, picture: pictureOf }: RestContext): void {
  app.openapi(list, async (context) => {
    const { limit, cursor, state } = context.req.valid("query");
    const all = await monitor.broadcasts();
    const wanted = state === undefined ? all : all.filter((broadcast) => broadcast.state === state);
    const page = pageOf(wanted, ({ name }) => [name], { limit, cursor });
    if (page === undefined) return refuse(context, "request.parameter", "cursor: this is none of ours.");
    return context.json({ ...page, items: [...page.items] }, 200);
  });
  app.openapi(one, async (context) => {
    const { name } = context.req.valid("param");
    const broadcast = await monitor.broadcast(name);
    return broadcast === undefined ? refuse(context, ...none(name)) : context.json(broadcast, 200);
  });
  app.openapi(history, async (context) => {
    const { name } = context.req.valid("param");
    if ((await monitor.broadcast(name)) === undefined) return refuse(context, ...none(name));
    return context.json({ items: [...(await monitor.history(name))] }, 200);
  });
  app.openapi(picture, async (context) => {
    const { name } = context.req.valid("param");
    if (pictureOf === undefined) {
      return refuse(context, "not-offered.picture", "This server makes no pictures: it runs in several processes.");
    }
    const bytes = await pictureOf(name);
    if (bytes === undefined) return refuse(context, "not-found.picture", `There is no picture of ${name}.`);
    return context.body(Uint8Array.from(bytes), 200, { "Content-Type": "video/mp4" });
  });
  app.openapi(kick, async (context) => {
    const { name } = context.req.valid("param");
    const { reason } = context.req.valid("query");
    const isDone = await monitor.kickPublisher(name, reason);
    return isDone ? context.body(null, 204) : refuse(context, "not-found.publisher", `Nobody publishes ${name}.`);
  });
}

function none(name: string): ["not-found.broadcast", string] {
  return ["not-found.broadcast", `There is no broadcast ${name}.`];
}
