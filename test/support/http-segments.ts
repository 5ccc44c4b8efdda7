import type { RecordedBytes, RecordedConnection } from "./recording-proxy.ts";

/**
 * A recorded connection with each HTTP message in a piece of its own, in the order in which they were whole. TCP does not
 * keep such borders, but tshark's dissector for tunnels counts the bytes of one message only in each packet.
 */
export function httpSegments(connection: RecordedConnection): RecordedConnection {
  const waiting = { client: Buffer.alloc(0), server: Buffer.alloc(0) };
  const pieces: RecordedBytes[] = [];
  for (const { from, bytes, atMs } of connection.pieces) {
    waiting[from] = Buffer.concat([waiting[from], bytes]);
    for (let length = lengthOfFirst(waiting[from]); length !== undefined; length = lengthOfFirst(waiting[from])) {
      pieces.push({ from, bytes: Buffer.from(waiting[from].subarray(0, length)), atMs });
      waiting[from] = waiting[from].subarray(length);
    }
  }
  return { ...connection, pieces };
}

/**
 * The same with session ids of 16 characters, as Adobe's server has them, instead of longer ones: tshark takes the answer
 * to `/open` for a part of the RTMP stream unless it has 17 bytes.
 */
export function withShortSessionIds(connection: RecordedConnection): RecordedConnection {
  const pieces = connection.pieces.map(({ from, bytes, atMs }) => {
    const end = bytes.indexOf("\r\n\r\n");
    const head = bytes.subarray(0, end).toString("latin1");
    const body = bytes.subarray(end);
    const shortHead = head.replace(/^(POST \/\w+\/\w{16})\w+/, "$1");
    const isOpened = from === "server" && /^\r\n\r\n\w{17,}\n$/.test(body.toString("latin1"));
    const shortBody = isOpened ? Buffer.from(`${body.toString("latin1", 0, 20)}\n`) : body;
    const text = isOpened ? shortHead.replace(/(content-length: *)\d+/i, (_, name: string) => `${name}17`) : shortHead;
    return { from, atMs, bytes: Buffer.concat([Buffer.from(text, "latin1"), shortBody]) };
  });
  return { ...connection, pieces };
}

/** Of the HTTP message that the bytes begin with, if it is whole. */
function lengthOfFirst(bytes: Buffer): number | undefined {
  const end = bytes.indexOf("\r\n\r\n");
  if (end < 0) return undefined;
  const length = /^content-length: *(\d+)/im.exec(bytes.toString("latin1", 0, end))?.[1] ?? "0";
  const total = end + 4 + Number(length);
  return total <= bytes.length ? total : undefined;
}
