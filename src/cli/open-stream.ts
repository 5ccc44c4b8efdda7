import { connect } from "../client/connect.ts";
import type { PublishedStream } from "./keep-publishing.ts";

/** Connects our own client to a server and publishes there. Closing the stream closes its connection too. */
export async function openStream(url: string, key: string, signal: AbortSignal): Promise<PublishedStream> {
  const connection = await connect(url, { signal });
  const stream = await connection.publish(key);
  return {
    closed: connection.closed,
    write: (message) => stream.write(message),
    async close() {
      await stream.close();
      await connection.close();
    },
  };
}
