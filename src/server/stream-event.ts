import type { NewEvent } from "./event-log.ts";
import type { ConnectionInfo } from "./hooks.ts";
import type { ClientProtocol } from "./snapshots.ts";

export type StreamEventKind =
  | "publish"
  | "publisher-returned"
  | "publisher-lost"
  | "publish-end"
  | "publish-refused"
  | "play"
  | "play-end"
  | "play-refused";

/** Who does, or wants, what with which broadcast. */
export type StreamEventParts = {
  readonly info: Pick<ConnectionInfo, "id" | "remoteAddress" | "flashVersion">;
  readonly protocol: ClientProtocol;
  /** Absent where its name is none. */
  readonly broadcast?: string | undefined;
  /** Why it ended, or was refused. */
  readonly reason?: string;
};

/** How much of what a client calls itself is repeated. */
const MAX_SHOWN_CHARACTERS = 80;

/** What people are told of a stream of a client. */
export function streamEvent(kind: StreamEventKind, { info, protocol, broadcast, reason }: StreamEventParts): NewEvent {
  const isBad = kind === "publisher-lost" || kind.endsWith("-refused");
  const client = info.flashVersion.trim().slice(0, MAX_SHOWN_CHARACTERS) || "A client";
  const what = describeEvent(kind, client, broadcast ?? "a stream");
  return {
    kind,
    level: isBad ? "warning" : "info",
    text: sentence(reason === undefined ? what : `${what}: ${reason}`),
    ...(broadcast !== undefined && { broadcast }),
    connection: info.id,
    remoteAddress: info.remoteAddress,
    protocol,
  };
}

/** Text with a full stop at its end. */
export function sentence(text: string): string {
  return /[.!?…]$/.test(text) ? text : `${text}.`;
}

function describeEvent(kind: StreamEventKind, client: string, broadcast: string): string {
  switch (kind) {
    case "publish":
      return `${client} publishes ${broadcast}`;
    case "publisher-returned":
      return `${client} goes on with ${broadcast}`;
    case "publisher-lost":
      return `The publisher of ${broadcast} is lost, and its viewers wait`;
    case "publish-end":
      return `${broadcast} has ended`;
    case "publish-refused":
      return `${client} may not publish ${broadcast}`;
    case "play":
      return `${client} plays ${broadcast}`;
    case "play-end":
      return `${client} plays ${broadcast} no more`;
    case "play-refused":
      return `${client} may not play ${broadcast}`;
  }
}
