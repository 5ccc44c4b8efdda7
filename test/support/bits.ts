/** Bytes from bits as text, `0` and `1` with free white space, and `;` before a comment to the end of the line. The last byte is filled up with zeros. */
export function bits(text: string): Uint8Array {
  const digits = text.replaceAll(/;[^\n]*|\s+/g, "");
  if (/[^01]/.test(digits)) throw new TypeError(`no bits: ${digits}`);
  const bytes = new Uint8Array(Math.ceil(digits.length / 8));
  for (const [index, digit] of Array.from(digits).entries()) {
    if (digit === "1") bytes[index >> 3] = (bytes[index >> 3] ?? 0) | (0x80 >> (index & 7));
  }
  return bytes;
}
