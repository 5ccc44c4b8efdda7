import { BlockList, isIP } from "node:net";

/** Addresses and networks that somebody named: `192.0.2.7`, `10.0.0.0/8`, `2001:db8::/32`. */
export class AddressList {
  readonly #list = new BlockList();

  /** Throws a TypeError for text that is neither. */
  constructor(addresses: readonly string[]) {
    for (const text of addresses) this.#add(text);
  }

  /** An address without port, IPv6 without brackets; one of IPv4 that is mapped into IPv6 counts as IPv4. */
  has(address: string): boolean {
    const family = isIP(address);
    return family !== 0 && this.#list.check(address, family === 4 ? "ipv4" : "ipv6");
  }

  #add(text: string): void {
    const [address = "", prefixText, ...rest] = text.trim().split("/");
    const family = isIP(address);
    const most = family === 4 ? 32 : 128;
    const prefix = prefixText === undefined ? most : Number(prefixText);
    const isNumber = prefixText === undefined || /^\d{1,3}$/.test(prefixText);
    if (family === 0 || !isNumber || prefix > most || rest.length > 0) {
      throw new TypeError(`not an address or network: ${text}. Write 192.0.2.7, 10.0.0.0/8 or 2001:db8::/32`);
    }
    this.#list.addSubnet(address, prefix, family === 4 ? "ipv4" : "ipv6");
  }
}
