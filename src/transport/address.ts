const MAPPED_IPV4 = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i;

/** `host:port`: IPv6 in brackets, and an IPv4 address that is mapped into IPv6 (`::ffff:192.0.2.1`) as plain IPv4. */
export function formatAddress(host: string, port: number): string {
  const address = MAPPED_IPV4.exec(host)?.[1] ?? host;
  return address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
}
