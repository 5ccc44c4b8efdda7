import { isIPv6 } from "node:net";
import { AddressList } from "../transport/address-list.ts";
import { nearest } from "../transport/nearest.ts";
import { isListenerWay, LISTENER_WAYS, type ListenerWay } from "../transport/ways-in.ts";
import { hasOnlyMembers, isValueObject, type ReportProblem, type ValueObject } from "./config-value.ts";
import type { ListenAddress } from "./options.ts";

/** Every address of the machine: what `1935` and `:1935` mean. */
export const ANY_HOST = "::";

/** How one listener is written as text. */
export const LISTEN_FORM = "[way://][host:]port";

/** The members of a listener that is written as an object. */
const MEMBERS = ["address", "accept", "proxyProtocolFrom", "forwardedFrom"];

/** What may stand behind `?` in a listener that is written as text. */
const PARAMETERS: ReadonlyMap<string, "proxyProtocolFrom" | "forwardedFrom"> = new Map([
  ["proxy", "proxyProtocolFrom"],
  ["forwarded", "forwardedFrom"],
]);

/**
 * Reads `1935`, `rtmps+wss://0.0.0.0:443?proxy=10.0.0.0/8`, or an object with the members `address`, `accept`,
 * `proxyProtocolFrom` and `forwardedFrom`. Reports what is wrong, and returns undefined then.
 */
export function parseListener(value: unknown, report: ReportProblem): ListenAddress | undefined {
  return isValueObject(value) ? readObject(value, report) : readText(String(value), report);
}

/** Reads `1935`, `:1935`, `127.0.0.1:1935`, `live.example:1935` or `[::1]:1935`; undefined for anything else. */
export function parseListenAddress(text: string): ListenAddress | undefined {
  const match = /^(?:(?:(?<name>[A-Za-z0-9._-]+)|\[(?<ipv6>[^\]]+)\])?:)?(?<port>\d{1,5})$/.exec(text.trim());
  const port = Number(match?.groups?.["port"] ?? Number.NaN);
  if (!(port <= 65535)) return undefined;
  const ipv6 = match?.groups?.["ipv6"];
  if (ipv6 !== undefined && !isIPv6(ipv6)) return undefined;
  return { host: ipv6 ?? match?.groups?.["name"] ?? ANY_HOST, port };
}

function readText(text: string, report: ReportProblem): ListenAddress | undefined {
  const {
    ways,
    place = "",
    query = "",
  } = /^\s*(?:(?<ways>[^:/?]+):\/\/)?(?<place>[^?]*)(?:\?(?<query>.*))?$/s.exec(text)?.groups ?? {};
  const address = parseListenAddress(place);
  if (address === undefined) {
    report({});
    return undefined;
  }
  const accept = ways === undefined ? {} : readAccept(ways.split("+"), (reason) => report({ reason }));
  const lists = readParameters(new URLSearchParams(query.trim()), (reason) => report({ reason }));
  return accept && lists && { ...address, ...accept, ...lists };
}

type ReportReason = (reason: string) => void;

function readParameters(parameters: URLSearchParams, report: ReportReason): Partial<ListenAddress> | undefined {
  const lists: { proxyProtocolFrom?: string[]; forwardedFrom?: string[] } = {};
  let isGood = true;
  for (const [name, text] of parameters) {
    const member = PARAMETERS.get(name);
    const reason = member === undefined ? describeParameter(name) : describeNetwork(text);
    if (member !== undefined && reason === undefined) {
      lists[member] = [...(lists[member] ?? []), text.trim()];
    } else {
      report(reason ?? "");
      isGood = false;
    }
  }
  return isGood ? lists : undefined;
}

function readObject(value: ValueObject, report: ReportProblem): ListenAddress | undefined {
  if (!hasOnlyMembers(value, MEMBERS, report)) return undefined;
  const { address: addressText = "" } = value;
  const address = parseListenAddress(String(addressText));
  if (address === undefined) report({ path: ["address"], reason: "must be [host:]port, as 443 or 127.0.0.1:443" });
  const accept = readWays(value["accept"], report);
  const proxyProtocolFrom = readNetworks(value, "proxyProtocolFrom", report);
  const forwardedFrom = readNetworks(value, "forwardedFrom", report);
  return address && accept && proxyProtocolFrom && forwardedFrom
    ? { ...address, ...accept, ...proxyProtocolFrom, ...forwardedFrom }
    : undefined;
}

/** A list of ways, or text as `rtmps+wss`. */
function readWays(value: unknown, report: ReportProblem): { readonly accept?: ListenerWay[] } | undefined {
  if (value === undefined) return {};
  const isList = Array.isArray(value);
  const ways: unknown[] = isList ? value : String(value ?? "").split("+");
  if (ways.length === 0) report({ path: ["accept"], reason: `must hold one of ${LISTENER_WAYS.join(", ")}` });
  return readAccept(ways, (reason, index) => report({ path: isList ? ["accept", index] : ["accept"], reason }));
}

/** Undefined unless every way is known. */
function readAccept(
  ways: readonly unknown[],
  report: (reason: string, index: number) => void,
): { readonly accept: ListenerWay[] } | undefined {
  const accept = new Set<ListenerWay>();
  let isGood = ways.length > 0;
  for (const [index, way] of ways.entries()) {
    const name = String(way).trim().toLowerCase();
    if (isListenerWay(name)) {
      accept.add(name);
    } else {
      report(describeWay(String(way ?? "")), index);
      isGood = false;
    }
  }
  return isGood ? { accept: [...accept] } : undefined;
}

/** A list of addresses and networks, or a single one. */
function readNetworks(
  value: ValueObject,
  member: "proxyProtocolFrom" | "forwardedFrom",
  report: ReportProblem,
): Partial<ListenAddress> | undefined {
  const given = value[member];
  if (given === undefined) return {};
  const networks: unknown[] = Array.isArray(given) ? given : [given];
  let isGood = true;
  for (const [index, network] of networks.entries()) {
    const reason = describeNetwork(String(network ?? ""));
    if (reason === undefined) continue;
    report({ path: Array.isArray(given) ? [member, index] : [member], reason });
    isGood = false;
  }
  return isGood ? { [member]: networks.map((network) => String(network).trim()) } : undefined;
}

function describeWay(way: string): string {
  const suggestion = nearest(way, LISTENER_WAYS);
  const hint = suggestion === undefined ? `use ${LISTENER_WAYS.join(", ")}` : `did you mean ${suggestion}?`;
  return `there is no way ${JSON.stringify(way)}: ${hint}`;
}

function describeParameter(name: string): string {
  const suggestion = nearest(name, PARAMETERS.keys());
  const hint = suggestion === undefined ? `use ${[...PARAMETERS.keys()].join(", ")}` : `did you mean ${suggestion}?`;
  return `there is no parameter ${JSON.stringify(name)}: ${hint}`;
}

/** What is wrong with it; undefined for a good one. */
function describeNetwork(text: string): string | undefined {
  try {
    new AddressList([text]);
    return undefined;
  } catch {
    return `${JSON.stringify(text)} is no address or network, as 192.0.2.7, 10.0.0.0/8 or 2001:db8::/32`;
  }
}
