import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { hex } from "../../src/bytes/hex.ts";
import { playFrom, publishTo, type ReconnectEvent } from "../../src/client/index.ts";
import { createMediaServer, type MediaServer } from "../../src/server/media-server.ts";
import type { CleanUp } from "../support/peer-process.ts";

// Over real sockets: a server that is stopped, and another that comes up on its port.

const CONFIG = hex`17 00 000000 01 64001f ff`;
const KEY = hex`17 01 000000 aa`;
const INTER = hex`27 01 000000 bb`;

async function startServer(owner: CleanUp, port: number): Promise<MediaServer> {
  const server = createMediaServer({ listen: [{ host: "127.0.0.1", port }] });
  await server.start();
  owner.after(() => server.stop());
  return server;
}

/** Each kind of event, and who waits for the next. */
class Events {
  readonly kinds: string[] = [];
  #look: () => void = () => {};
  readonly onEvent = ({ kind }: ReconnectEvent): void => {
    this.kinds.push(kind);
    this.#look();
  };

  until(kind: ReconnectEvent["kind"], count: number): Promise<void> {
    return new Promise((resolve) => {
      this.#look = () => {
        if (this.kinds.filter((each) => each === kind).length >= count) resolve();
      };
      this.#look();
    });
  }
}

for (const end of ["stop", "drain"] as const) {
  test(`publisher and player go on when the server is gone by ${end} and comes again`, {
    timeout: 60_000,
  }, async (t) => {
    const first = await startServer(t, 0);
    const port = first.listeners[0]?.port ?? 0;
    const url = `rtmp://127.0.0.1:${port}/live/key`;
    const [publishing, playing] = [new Events(), new Events()];
    const often = { firstMs: 10, maxMs: 50 };
    const published = await publishTo(url, { reconnect: { ...often, onEvent: publishing.onEvent } });
    const played = await playFrom(url, { reconnect: { ...often, onEvent: playing.onEvent } });
    let timestamp = 0;
    published.setMetadata({ width: 1 });
    published.write({ kind: "video", timestamp, payload: CONFIG });
    const encoder = setInterval(() => {
      timestamp += 20;
      published.write({ kind: "video", timestamp, payload: timestamp % 100 === 0 ? KEY : INTER });
    }, 5);
    t.after(async () => clearInterval(encoder));
    const iterator = played[Symbol.asyncIterator]();
    const seen: { kind: string; timestamp: number; isConfig: boolean; isKeyframe: boolean }[] = [];
    const read = async (isEnough: () => boolean): Promise<void> => {
      while (!isEnough()) {
        const { value } = await iterator.next();
        ok(value !== undefined);
        seen.push(value);
      }
    };
    await read(() => seen.length >= 20);
    await first[end]();
    await Promise.all([publishing.until("failed", 1), playing.until("failed", 1)]);
    const before = seen.length;
    await startServer(t, port);
    await Promise.all([publishing.until("connected", 2), playing.until("connected", 2)]);
    const picturesOf = (): number => seen.slice(before).filter(({ isKeyframe }) => isKeyframe).length;
    await read(() => seen.length > before + 40 && picturesOf() >= 2);
    const times = seen
      .filter(({ kind, isConfig }) => kind === "video" && !isConfig)
      .map((message) => message.timestamp);
    deepEqual(
      times,
      times.toSorted((left, right) => left - right),
    );
    ok(seen.filter(({ isConfig, kind }) => isConfig && kind === "video").length >= 2);
    ok(seen.filter(({ isConfig, kind }) => isConfig && kind === "data").length >= 2);
    deepEqual([played.statistics.reconnects, published.statistics.reconnects], [1, 1]);
    clearInterval(encoder);
    await Promise.all([published.close(), played.close()]);
    equal((await played.ended).kind, "closed");
  });
}
