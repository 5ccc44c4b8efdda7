import { z } from "@hono/zod-openapi";
import type { Context, TypedResponse } from "hono";
import type { Authorization } from "../access/authorization.ts";
import type { CachedMonitor } from "../cached-monitor.ts";
import type { Metrics } from "../metrics/metrics.ts";
import type { ApiServerOptions } from "../options.ts";
import { PROBLEM_STATUS, PROBLEM_TYPE, type Problem, type ProblemCode, problemOf } from "../problem.ts";
import * as schemas from "./schemas.ts";

/** What the routes work on. */
export type RestContext = Pick<ApiServerOptions, "picture" | "isReady"> & {
  readonly monitor: CachedMonitor;
  readonly authorization: Authorization;
  readonly metrics: Metrics;
  /** Something that nobody foresaw. */
  onError(error: unknown): void;
};

/** The longest text in a query. */
const MAX_TEXT = 1024;
const MAX_REASON = 200;
const MAX_LIMIT = 1000;

export const text: z.ZodString = z.string().max(MAX_TEXT);

export const limit: z.ZodType<number> = z.coerce
  .number()
  .int()
  .min(1)
  .max(MAX_LIMIT)
  .default(100)
  .describe("Items of one answer.");

export type PageQuery = { readonly limit: z.ZodType<number>; readonly cursor: z.ZodOptional<z.ZodString> };

/** Members of the query of a list. */
export const pageQuery: PageQuery = {
  limit,
  cursor: text.optional().describe("The nextCursor of the page before."),
};

export const reasonQuery: z.ZodObject<{ reason: z.ZodDefault<z.ZodString> }> = z.object({
  reason: z
    .string()
    .min(1)
    .max(MAX_REASON)
    .default("ended by the operator")
    .describe("Told to the client, and in the log."),
});

export function pathParameter(name: string, description: string): z.ZodString {
  return text.min(1).openapi({ param: { name, in: "path" }, description });
}

/** A list with what a client needs to get the rest. */
export function pageSchema<Item>(name: string, item: z.ZodType<Item>): z.ZodType<PageBody<Item>> {
  return z
    .object({
      items: z.array(item),
      total: z.int().min(0).describe("Of all pages."),
      nextCursor: z.string().optional().describe("For the next page; absent on the last one."),
    })
    .openapi(name);
}

type PageBody<Item> = { items: Item[]; total: number; nextCursor?: string | undefined };

export function jsonBody<Schema extends z.ZodType>(
  description: string,
  schema: Schema,
): { readonly description: string; readonly content: { readonly "application/json": { readonly schema: Schema } } } {
  return { description, content: { "application/json": { schema } } };
}

export type ProblemBody = {
  readonly description: string;
  readonly content: { readonly "application/problem+json": { readonly schema: z.ZodType<Problem> } };
};

export function problemBody(description: string): ProblemBody {
  return { description, content: { "application/problem+json": { schema: schemas.problem } } };
}

/** What every request may be answered with. */
export const REFUSALS: { readonly default: ProblemBody } = {
  default: problemBody("401 without the token, 403 from a page of elsewhere, 429 after wrong tokens, 500."),
};

type Refusal<Code extends ProblemCode> = Response & TypedResponse<Problem, (typeof PROBLEM_STATUS)[Code], "json">;

/** Answers with a problem. */
export function refuse<Code extends ProblemCode>(
  context: Context,
  code: Code,
  detail: string,
  headers: Readonly<Record<string, string>> = {},
): Refusal<Code> {
  const status = PROBLEM_STATUS[code];
  return context.json(problemOf(code, detail), status, {
    ...headers,
    "Content-Type": PROBLEM_TYPE,
  }) as unknown as Refusal<Code>;
}
