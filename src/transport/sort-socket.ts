import type { Socket } from "node:net";
import { ProtocolError } from "../errors.ts";
import type { AddressList } from "./address-list.ts";
import type { Transport } from "./byte-stream.ts";
import { type Opening, openingOf } from "./first-byte.ts";
import { decodeProxyHeader } from "./proxy-protocol.ts";
import { readOpening, skipBytes } from "./read-opening.ts";
import type { SocketOrigin } from "./socket-origin.ts";
import { remoteAddressOf } from "./socket-stream.ts";
import { acceptTls, tlsError } from "./tls-handshake.ts";
import type { TlsIdentities } from "./tls-identities.ts";
import { isTransportTaken, type ListenerWay } from "./ways-in.ts";

/** What a listener takes, and from whom. */
export type SortingRules = {
  readonly accept: SocketOrigin["accept"];
  /** Those whose connections begin with a PROXY protocol header. */
  readonly proxyProtocolFrom: AddressList;
  readonly forwardedFrom: AddressList;
  /** Undefined where there is no TLS. */
  readonly identities: TlsIdentities | undefined;
};

export type SortingEvents = {
  /** Whose the socket is, told once. False refuses it. */
  admit(remoteAddress: string): boolean;
  /** What is waited for next. */
  onStep(step: SortingStep): void;
};

export type SortingStep = "first-byte" | "tls";

/** What a socket turned out to be. Its bytes are all unread; inside TLS it is a `TLSSocket`. */
export type SortedSocket = {
  readonly protocol: "rtmp" | "http";
  readonly socket: Socket;
  readonly origin: SocketOrigin;
};

/**
 * Finds out what an accepted socket speaks: behind a PROXY protocol header where one is due, and inside TLS. Undefined
 * when the client leaves first, is not admitted, or somebody destroys the socket, which is how waiting is ended. Rejects
 * with a ProtocolError for what the listener does not take. Owns the socket's errors for good.
 */
export async function sortSocket(
  socket: Socket,
  rules: SortingRules,
  events: SortingEvents,
): Promise<SortedSocket | undefined> {
  // Without a listener an error would end the process; whoever reads sees the end of the socket.
  socket.on("error", ignore);
  events.onStep("first-byte");
  const remoteAddress = await clientAddress(socket, rules.proxyProtocolFrom);
  if (remoteAddress === undefined || !events.admit(remoteAddress)) return undefined;
  const origin: SocketOrigin = { remoteAddress, accept: rules.accept, forwardedFrom: rules.forwardedFrom };
  const opening = await readOpening(socket, openingOf);
  if (opening === undefined) return undefined;
  if (opening !== "tls") return { protocol: protocolOf(opening, origin, PLAIN), socket, origin };
  if (rules.identities === undefined || (!isTaken(IN_TLS.rtmp, origin) && !isHttpTaken(IN_TLS, origin))) {
    throw new ProtocolError("handshake.tls", noWayIn("TLS", origin), { byteOffset: 0 });
  }
  events.onStep("tls");
  const secure = await acceptTls(socket, rules.identities);
  if (secure === undefined) return undefined;
  events.onStep("first-byte");
  const inner = await readOpening(secure, openingOf);
  if (secure.errored) throw tlsError(secure.errored);
  if (inner === undefined) return undefined;
  return { protocol: protocolOf(inner, origin, IN_TLS), socket: secure, origin };
}

/** The client's, as the header of a balancer says; undefined if the socket ends before. */
async function clientAddress(socket: Socket, proxyProtocolFrom: AddressList): Promise<string | undefined> {
  const address = remoteAddressOf(socket);
  if (!proxyProtocolFrom.has(socket.remoteAddress ?? "")) return address;
  const header = await readOpening(socket, decodeProxyHeader);
  if (header === undefined) return undefined;
  skipBytes(socket, header.byteLength);
  return header.source ?? address;
}

/** The transports of RTMP that a first byte may lead to, on a socket or inside TLS, and the way of media by HTTP. */
type Leads = { readonly rtmp: readonly Transport[]; readonly http: readonly Transport[]; readonly media: ListenerWay };
const PLAIN: Leads = { rtmp: ["tcp"], http: ["http", "ws"], media: "http" };
const IN_TLS: Leads = { rtmp: ["tls"], http: ["https", "wss"], media: "https" };

function protocolOf(opening: Opening, origin: SocketOrigin, leads: Leads): SortedSocket["protocol"] {
  switch (opening) {
    case "rtmp":
      if (isTaken(leads.rtmp, origin)) return "rtmp";
      throw new ProtocolError("handshake.plain", noWayIn(leads === PLAIN ? "plain RTMP" : "RTMP in TLS", origin), {
        byteOffset: 0,
      });
    case "http":
      if (isHttpTaken(leads, origin)) return "http";
      throw new ProtocolError("handshake.http", noWayIn(leads === PLAIN ? "HTTP" : "HTTP in TLS", origin), {
        byteOffset: 0,
      });
    case "tls":
      throw new ProtocolError("handshake.tls", "the client speaks TLS inside TLS", { byteOffset: 0 });
    case "proxy-header":
      throw new ProtocolError(
        "proxy.header",
        "the connection begins with a PROXY protocol header, and proxyProtocolFrom of this listener does not name its address",
        { byteOffset: 0 },
      );
    case "unknown":
      throw new ProtocolError("handshake.version", "the first byte begins neither RTMP, nor TLS, nor HTTP", {
        byteOffset: 0,
      });
    default:
      return opening satisfies never;
  }
}

/** Outside of all that a connection holds: the socket keeps it for good. */
function ignore(): void {}

function isTaken(transports: readonly Transport[], { accept }: SocketOrigin): boolean {
  return transports.some((transport) => isTransportTaken(transport, accept));
}

function isHttpTaken(leads: Leads, origin: SocketOrigin): boolean {
  return origin.accept.has(leads.media) || isTaken(leads.http, origin);
}

function noWayIn(what: string, { accept }: SocketOrigin): string {
  return `the client speaks ${what}, and \`accept\` of this listener is ${[...accept].join(", ")}`;
}
