/**
 * The same bytes without the methods of a subclass: the `slice` of Node's Buffer is a view, where everybody who keeps
 * bytes means a copy.
 */
export function plainBytes(bytes: Uint8Array): Uint8Array {
  if (bytes.constructor === Uint8Array) return bytes;
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
