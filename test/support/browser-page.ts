import { type BrowserConnectOptions, playFrom, publishTo, StatusError } from "../../src/client/browser.ts";
import { FlvReader, kindOfTagType } from "../../src/formats/flv/index.ts";

/** A message as it goes from a page to its test; the payload in base64. */
export type PageMessage = { readonly kind: string; readonly timestamp: number; readonly payload: string };

/** What a page can be asked to do. It runs in a browser: this file is bundled for it. */
export type TestPage = {
  /** Plays until the broadcast is unpublished. */
  play(url: string): Promise<readonly PageMessage[]>;
  /** Publishes an FLV file that the page's own server has, and ends in order. Returns the number of messages. */
  publish(url: string, file: string, options?: BrowserConnectOptions): Promise<number>;
  /** Plays without taking anything until the stream ends. Returns in words how it did. */
  playUnread(url: string): Promise<string>;
  /** Writes without waiting until that is refused. Returns the error's code, and how much waited at most. */
  flood(url: string, maxQueuedBytes: number): Promise<readonly [code: string, queuedBytes: number]>;
  /** The error that playing ends with. */
  failure(url: string, options?: object): Promise<string>;
};

declare global {
  var testPage: TestPage;
}

globalThis.testPage = {
  async play(url) {
    const messages: PageMessage[] = [];
    const unpublished = Promise.withResolvers<void>();
    const stream = await playFrom(url, {
      play: {
        onStatus: ({ code }) => {
          if (code === "NetStream.Play.UnpublishNotify") unpublished.resolve();
        },
      },
    });
    stream.onMessage(({ kind, timestamp, payload }) => messages.push({ kind, timestamp, payload: base64(payload) }));
    await unpublished.promise;
    await stream.close();
    return messages;
  },

  async publish(url, file, options = {}) {
    const reader = new FlvReader();
    const stream = await publishTo(url, options);
    const response = await fetch(file);
    reader.push(new Uint8Array(await response.arrayBuffer()));
    let count = 0;
    for (let tag = reader.next(); tag !== undefined; tag = reader.next()) {
      const { type, timestamp, data: payload } = tag;
      if (!stream.write({ kind: kindOfTagType(type) ?? "data", timestamp, payload })) await stream.ready();
      count++;
    }
    await stream.close();
    return count;
  },

  async playUnread(url) {
    const stream = await playFrom(url);
    return (await stream.ended).description;
  },

  async flood(url, maxQueuedBytes) {
    const stream = await publishTo(url, { maxQueuedBytes });
    const payload = new Uint8Array(100_000).fill(1);
    let queuedBytes = 0;
    try {
      for (let timestamp = 0; ; timestamp++) {
        stream.write({ kind: "video", timestamp, payload });
        queuedBytes += payload.length;
      }
    } catch (error) {
      void stream.close();
      return [codeOf(error), queuedBytes];
    }
  },

  async failure(url, options = {}) {
    try {
      await playFrom(url, options);
      return "it played";
    } catch (error) {
      return error instanceof StatusError ? `StatusError ${error.message}` : String(error);
    }
  },
};

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : String(error);
}

function base64(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text);
}
