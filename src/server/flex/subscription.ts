import type { Selector } from "../../formats/flex/selector/selector.ts";
import type { FlexSession } from "./flex-session.ts";
import type { MessagingDestination } from "./messaging.ts";

/** What one consumer hears of one destination. */
export type Subscription = {
  /** The consumer's id, by which its copies of messages are known. */
  readonly clientId: string;
  readonly destination: MessagingDestination;
  readonly destinationId: string;
  readonly session: FlexSession;
  /** By subtopic and selector. */
  readonly filters: Map<string, Filter>;
};

/** One pair of subtopic and selector. */
export type Filter = {
  readonly subscription: Subscription;
  /** Undefined: messages without subtopic. */
  readonly tokens: readonly string[] | undefined;
  /** Undefined: all messages. */
  readonly selector: Selector | undefined;
};

/** What a client asks for, or takes back. */
export type FilterRequest = { readonly subtopic: string | undefined; readonly selector: string | undefined };

/** Tells filters of one subscription apart. */
export function filterKey({ subtopic = "", selector = "" }: FilterRequest): string {
  return `${subtopic}\n${selector}`;
}
