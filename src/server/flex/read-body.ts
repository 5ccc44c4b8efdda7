import type { IncomingMessage } from "node:http";

/** The body of a request; undefined where it is longer than allowed, or the connection is lost before its end. Never rejects. */
export function readBody(request: IncomingMessage, maxBytes: number): Promise<Uint8Array | undefined> {
  const { promise, resolve } = Promise.withResolvers<Uint8Array | undefined>();
  const pieces: Uint8Array[] = [];
  let length = 0;
  const take = (bytes: Uint8Array): void => {
    length += bytes.length;
    if (length <= maxBytes) pieces.push(bytes);
    else end(undefined);
  };
  const end = (body: Uint8Array | undefined): void => {
    request.off("data", take);
    resolve(body);
  };
  if (Number(request.headers["content-length"] ?? 0) > maxBytes) {
    end(undefined);
    return promise;
  }
  request.on("data", take);
  request.once("end", () => {
    const body = Buffer.concat(pieces);
    // No Buffer: its slice() is a view, where everybody above means a copy.
    end(new Uint8Array(body.buffer, body.byteOffset, body.length));
  });
  request.once("error", () => end(undefined));
  request.once("close", () => end(undefined));
  return promise;
}
