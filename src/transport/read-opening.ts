import type { Socket } from "node:net";

/**
 * Reads until `decode` makes something of what has come, and gives that; what `decode` throws rejects. All that was read
 * is put back, so that whoever takes the socket next sees every byte. Undefined when the socket ends or breaks first.
 */
export function readOpening<Value>(
  socket: Socket,
  decode: (bytes: Uint8Array) => Value | undefined,
): Promise<Value | undefined> {
  const { promise, resolve, reject } = Promise.withResolvers<Value | undefined>();
  let received: Buffer | undefined;
  const onReadable = (): void => {
    const bytes: Buffer | null = socket.read();
    if (bytes === null) return;
    received = received === undefined ? bytes : Buffer.concat([received, bytes]);
    try {
      const value = decode(received);
      if (value === undefined) return;
      stopReading();
      socket.unshift(received);
      resolve(value);
    } catch (error) {
      stopReading();
      reject(error);
    }
  };
  const onEnd = (): void => {
    stopReading();
    resolve(undefined);
  };
  const stopReading = (): void => {
    socket.off("readable", onReadable).off("end", onEnd).off("close", onEnd);
  };
  socket.on("readable", onReadable).on("end", onEnd).on("close", onEnd);
  if (socket.destroyed) onEnd();
  else onReadable();
  return promise;
}

/** Takes the first bytes off a socket that `readOpening` has put them back on. */
export function skipBytes(socket: Socket, byteLength: number): void {
  const bytes: Buffer | null = socket.read();
  if (bytes !== null && bytes.length > byteLength) socket.unshift(bytes.subarray(byteLength));
}
