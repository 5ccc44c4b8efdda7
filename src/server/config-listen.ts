import { isIPv6 } from "node:net";
import type { ListenAddress } from "./options.ts";

/** Every address of the machine: what `1935` and `:1935` mean. */
export const ANY_HOST = "::";

/** Reads `1935`, `:1935`, `127.0.0.1:1935`, `live.example:1935` or `[::1]:1935`; undefined for anything else. */
export function parseListenAddress(text: string): ListenAddress | undefined {
  const match = /^(?:(?:(?<name>[A-Za-z0-9._-]+)|\[(?<ipv6>[^\]]+)\])?:)?(?<port>\d{1,5})$/.exec(text.trim());
  const port = Number(match?.groups?.["port"] ?? Number.NaN);
  if (!(port <= 65535)) return undefined;
  const ipv6 = match?.groups?.["ipv6"];
  if (ipv6 !== undefined && !isIPv6(ipv6)) return undefined;
  return { host: ipv6 ?? match?.groups?.["name"] ?? ANY_HOST, port };
}
