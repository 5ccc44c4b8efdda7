/** What a client may ask about a session, once it is open. */
export type TunnelCommand = "send" | "idle" | "close";

/** What a request of RTMPT is for. */
export type TunnelTarget =
  | { readonly kind: "ident" | "open" }
  | {
      readonly kind: TunnelCommand;
      readonly sessionId: string;
      /** 0 to 4_294_967_295. */
      readonly sequence: number;
    }
  /** A path that begins as those of RTMPT do, and is none. */
  | { readonly kind: "malformed" };

const OURS = /^\/(?:fcs|open|send|idle|close)(?:\/|$)/;
const IDENT = /^\/fcs\/ident2?$/;
const OPEN = /^\/open\/\d{1,10}$/;
const COMMAND = /^\/(send|idle|close)\/([A-Za-z0-9]{1,64})\/(\d{1,10})$/;
const MAX_SEQUENCE = 0xffff_ffff;

/**
 * Reads the target of an HTTP request, `/send/<session id>/<number>` or `http://host/send/…` as proxies are asked. A query
 * does not count. Undefined for paths that are not RTMPT's.
 */
export function parseTunnelTarget(target: string): TunnelTarget | undefined {
  const path = target.replace(/^https?:\/\/[^/?]*/i, "").replace(/\?.*$/s, "");
  if (!OURS.test(path)) return undefined;
  if (IDENT.test(path)) return { kind: "ident" };
  if (OPEN.test(path)) return { kind: "open" };
  const [, kind, sessionId, number] = COMMAND.exec(path) ?? [];
  const sequence = Number(number);
  if (sessionId === undefined || !isCommand(kind) || sequence > MAX_SEQUENCE) return { kind: "malformed" };
  return { kind, sessionId, sequence };
}

function isCommand(text: string | undefined): text is TunnelCommand {
  return text === "send" || text === "idle" || text === "close";
}
