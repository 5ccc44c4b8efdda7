/**
 * Whose connection it is, for counting: an IPv4 address, or the first 64 bits of an IPv6 address, since whoever has one
 * of these has all that begin alike. `remoteAddress` is `address:port`, IPv6 in brackets.
 */
export function networkOf(remoteAddress: string): string {
  const address = remoteAddress.slice(0, remoteAddress.lastIndexOf(":"));
  if (!address.startsWith("[")) return address;
  const [before = "", after] = address.slice(1, -1).split("::");
  const left = groupsOf(before);
  // `::` stands for as many zeros as are missing.
  const right = groupsOf(after ?? "");
  const zeros = Array.from({ length: Math.max(0, 8 - left.length - right.length) }, () => "0");
  return `${[...left, ...zeros, ...right].slice(0, 4).join(":")}::/64`;
}

function groupsOf(text: string): string[] {
  return text === "" ? [] : text.split(":");
}
