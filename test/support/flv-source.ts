import { type ClientRequest, request } from "node:http";
import { encodeFlvHeader, encodeMediaTag } from "../../src/formats/flv/flv-writer.ts";
import type { MediaMessage } from "../../src/formats/flv/media-message.ts";
import type { LiveServer } from "./live-server.ts";
import type { CleanUp } from "./peer-process.ts";

/** A publisher by HTTP that sends what a test wants, when it wants. */
export class FlvSource {
  readonly #request: ClientRequest;
  readonly #closed: Promise<unknown>;

  private constructor(owner: CleanUp, live: LiveServer, name: string) {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#closed = promise;
    this.#request = request({ host: "127.0.0.1", port: live.port, path: `/${name}.flv`, method: "POST", agent: false });
    this.#request.on("error", () => {}).on("response", (response) => response.resume());
    this.#request.once("close", resolve);
    owner.after(async () => void this.#request.destroy());
    this.#request.write(encodeFlvHeader({ hasAudio: true, hasVideo: true }));
  }

  /** Sends the first messages, and resolves when the server has told that it is published. */
  static async publish(
    owner: CleanUp,
    live: LiveServer,
    messages: readonly MediaMessage[],
    { name = "live/key", isReturn = false }: { readonly name?: string; readonly isReturn?: boolean } = {},
  ): Promise<FlvSource> {
    const source = new FlvSource(owner, live, name);
    source.send(messages);
    await live.untilOf(name, isReturn ? "the publisher is back" : "publishing");
    return source;
  }

  send(messages: readonly MediaMessage[]): void {
    for (const message of messages) this.#request.write(encodeMediaTag(message));
  }

  /** Ends the publication in order. */
  async end(): Promise<void> {
    this.#request.end();
    await this.#closed;
  }

  /** Is gone without a word. */
  async lose(): Promise<void> {
    this.#request.destroy();
    await this.#closed;
  }
}
