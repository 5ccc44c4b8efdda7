import type { Socket } from "node:net";
import { concatBytes } from "../bytes/concat.ts";
import { ProtocolError } from "../errors.ts";
import type { Log } from "../server/log.ts";
import type { ByteStream } from "../transport/byte-stream.ts";
import { socketStream } from "../transport/socket-stream.ts";
import { decodeLinkHello, encodeLinkNotice, encodeLinkStart } from "./link-protocol.ts";
import type { RelaySender } from "./relay-sender.ts";

export type RelayPortOptions = {
  readonly chunkSize: number;
  readonly log: Log;
  /** Whether it will be known soon if the broadcast of that name is at home here. */
  isAwaited(name: string): boolean;
  /** Begins to send a broadcast; undefined where it is not at home here. */
  relay(name: string, stream: ByteStream): RelaySender | undefined;
};

/** How long a link may take to say what it wants. */
const HELLO_MS = 5_000;
const NO_BYTES = new Uint8Array();

/** Takes the links of other processes: each asks for one broadcast, and gets what is sent for it. */
export class RelayPort {
  readonly #options: RelayPortOptions;
  /** Those that asked for a broadcast of which it is not known yet whether it is at home here. */
  readonly #early = new Map<string, Set<Link>>();

  constructor(options: RelayPortOptions) {
    this.#options = options;
  }

  serve(socket: Socket): void {
    const link: Link = { stream: socketStream(socket, "another process"), received: NO_BYTES, relay: undefined };
    const timer = setTimeout(() => this.#refuse(link, "nothing was asked for"), HELLO_MS).unref();
    let name: string | undefined;
    link.stream.start({
      onBytes: (bytes) => {
        if (name !== undefined) return this.#refuse(link, "something came behind the hello");
        name = this.#read(link, bytes);
        if (name === undefined) return;
        clearTimeout(timer);
        this.#begin(link, name);
      },
      onDrain: () => link.relay?.drained(),
      onEnd() {},
      onClose: () => {
        clearTimeout(timer);
        link.relay?.closed();
        if (name !== undefined) this.#early.get(name)?.delete(link);
      },
    });
  }

  /** It is known now whether that broadcast is at home here. */
  decided(name: string): void {
    const links = this.#early.get(name);
    if (links === undefined || this.#options.isAwaited(name)) return;
    this.#early.delete(name);
    for (const link of links) this.#begin(link, name);
  }

  /** The name, once it is whole. */
  #read(link: Link, bytes: Uint8Array): string | undefined {
    link.received = concatBytes([link.received, bytes]);
    try {
      return decodeLinkHello(link.received);
    } catch (error) {
      this.#refuse(link, error instanceof ProtocolError ? error.message : String(error));
      return undefined;
    }
  }

  #begin(link: Link, name: string): void {
    const { chunkSize, isAwaited, relay } = this.#options;
    link.relay = relay(name, link.stream);
    if (link.relay !== undefined) return;
    if (isAwaited(name)) {
      const early = this.#early.get(name) ?? new Set();
      this.#early.set(name, early.add(link));
      return;
    }
    link.stream.write([encodeLinkStart(chunkSize), encodeLinkNotice({ kind: "elsewhere" }, chunkSize)]);
    link.stream.close();
  }

  #refuse({ stream }: Link, reason: string): void {
    const { code, remedy, message } = new ProtocolError("link.message", reason);
    this.#options.log.warn({ code, remedy }, message);
    stream.destroy();
  }
}

type Link = { readonly stream: ByteStream; received: Uint8Array; relay: RelaySender | undefined };
