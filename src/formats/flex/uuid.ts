/** Ids of Flex are sent as 16 bytes if they look exactly like this: upper case, and hyphens in these places. */
const UUID = /^[0-9A-F]{8}-[0-9A-F]{4}-[0-9A-F]{4}-[0-9A-F]{4}-[0-9A-F]{12}$/;

/** The 16 bytes of an id; undefined for a text that another form of it would not give back. */
export function encodeUuid(text: string): Uint8Array | undefined {
  if (!UUID.test(text)) return undefined;
  const digits = text.replaceAll("-", "");
  return Uint8Array.from({ length: 16 }, (_, index) => Number.parseInt(digits.slice(index * 2, index * 2 + 2), 16));
}

/** `10111213-1415-1617-1819-1A1B1C1D1E1F`; undefined unless there are 16 bytes. */
export function decodeUuid(bytes: Uint8Array): string | undefined {
  if (bytes.length !== 16) return undefined;
  const digits = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0"))
    .join("")
    .toUpperCase();
  return [0, 8, 12, 16, 20].map((from, index, all) => digits.slice(from, all[index + 1])).join("-");
}
