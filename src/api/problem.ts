import { type ServerResponse, STATUS_CODES } from "node:http";

/** What can go wrong with a request. Stable, so programs may branch on it. */
export const PROBLEM_STATUS = {
  "request.malformed": 400,
  "request.parameter": 400,
  "access.token": 401,
  "access.host": 403,
  "access.origin": 403,
  "access.guessing": 429,
  "not-found.path": 404,
  "not-found.broadcast": 404,
  "not-found.connection": 404,
  "not-found.publisher": 404,
  "not-found.picture": 404,
  "request.method": 405,
  "request.length": 411,
  "request.body-too-large": 413,
  "request.content-type": 415,
  "server.error": 500,
  "not-offered.picture": 501,
  "server.not-ready": 503,
  "server.too-many-streams": 503,
} as const;

export type ProblemCode = keyof typeof PROBLEM_STATUS;

/** An answer that says no. RFC 9457. */
export type Problem = {
  /** `urn:millrace:problem:` and the code. */
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: ProblemCode;
};

export const PROBLEM_TYPE = "application/problem+json";

export function problemOf(code: ProblemCode, detail: string): Problem {
  const status = PROBLEM_STATUS[code];
  return { type: `urn:millrace:problem:${code}`, title: STATUS_CODES[status] ?? "", status, detail, code };
}

/** For routes without a framework. Answers HEAD without the body. */
export function sendProblem(
  response: ServerResponse,
  problem: Problem,
  headers: Readonly<Record<string, string>> = {},
): void {
  const body = JSON.stringify(problem);
  response.writeHead(problem.status, {
    ...headers,
    "Content-Type": PROBLEM_TYPE,
    "Content-Length": Buffer.byteLength(body),
  });
  response.end(body);
}

/** The same as a `Response`. */
export function problemResponse(problem: Problem, headers: Readonly<Record<string, string>> = {}): Response {
  return new Response(JSON.stringify(problem), {
    status: problem.status,
    headers: { ...headers, "Content-Type": PROBLEM_TYPE },
  });
}
