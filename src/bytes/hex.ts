/**
 * Bytes from annotated hexadecimal: white space is free, and `;` starts a comment to the end of the line.
 * Values in `${}` stand as text or as bytes.
 */
export function hex(strings: TemplateStringsArray, ...values: readonly (string | Uint8Array)[]): Uint8Array {
  let text = strings[0] ?? "";
  for (const [index, value] of values.entries()) {
    text += (typeof value === "string" ? value : formatHex(value)) + (strings[index + 1] ?? "");
  }
  return parseHex(text);
}

/** Throws a TypeError where the text is no whole hexadecimal. */
export function parseHex(text: string): Uint8Array {
  const digits = text.replaceAll(/;[^\n]*/g, "").replaceAll(/\s+/g, "");
  if (digits.length % 2 !== 0 || /[^0-9a-fA-F]/.test(digits)) throw new TypeError(`not hexadecimal: ${digits}`);
  const bytes = new Uint8Array(digits.length / 2);
  for (let index = 0; index < bytes.length; index++) {
    bytes[index] = Number.parseInt(digits.slice(index * 2, index * 2 + 2), 16);
  }
  return bytes;
}

/** Lower-case digits, `separator` between the bytes. */
export function formatHex(bytes: Uint8Array, separator = ""): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join(separator);
}
