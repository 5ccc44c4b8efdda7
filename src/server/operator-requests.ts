import type { IncomingMessage } from "node:http";

const requests = new WeakSet<IncomingMessage>();

/** Whoever sends this request has shown that he looks after the server: he sees every broadcast, whatever hooks say. */
export function markOperator(request: IncomingMessage): void {
  requests.add(request);
}

export function isOperator(request: IncomingMessage): boolean {
  return requests.has(request);
}
