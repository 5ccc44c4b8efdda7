import { isIP } from "node:net";
import { AddressList } from "./address-list.ts";

const LOOPBACK = new AddressList(["127.0.0.0/8", "::1/128"]);

/** Whether only this machine reaches what listens there: an address without brackets, or a name. */
export function isLoopback(host: string): boolean {
  return isIP(host) === 0 ? host.toLowerCase() === "localhost" : LOOPBACK.has(host);
}
