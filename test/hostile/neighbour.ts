import { equal, ok } from "node:assert/strict";
import { formatHex } from "../../src/bytes/hex.ts";
import { openTransport } from "../../src/transport/open-transport.ts";
import { parseRtmpUrl } from "../../src/transport/rtmp-url.ts";
import type { CleanUp } from "../support/peer-process.ts";
import { RtmpPeer } from "../support/rtmp-peer.ts";

const INTERVAL_MS = 20;
const GOP_MESSAGES = 25;

/** A publisher and a player who have nothing to do with the attack: all of their payloads must arrive, in order. */
export class Neighbour {
  readonly #publisher: RtmpPeer;
  readonly #player: RtmpPeer;
  readonly #sent: Uint8Array[] = [];
  #timer: NodeJS.Timeout | undefined;

  private constructor(publisher: RtmpPeer, player: RtmpPeer) {
    this.#publisher = publisher;
    this.#player = player;
  }

  /** `origin` is a URL without a path: `rtmpt://127.0.0.1:1935`. */
  static async start(owner: CleanUp, origin: string, key: string): Promise<Neighbour> {
    const [publisher, player] = [await dial(owner, origin), await dial(owner, origin)];
    player.connect("live");
    player.command("createStream", 2, 0);
    player.command("play", 3, 1, key, -2000);
    await until(() => player.lines.includes("onStatus/1 NetStream.Play.Start"), "the player's start");
    publisher.connect("live");
    publisher.command("createStream", 2, 0);
    publisher.command("publish", 3, 1, key, "live");
    await until(() => publisher.lines.includes("onStatus/1 NetStream.Publish.Start"), "the publisher's start");
    const neighbour = new Neighbour(publisher, player);
    neighbour.#timer = setInterval(() => neighbour.#publish(), INTERVAL_MS);
    owner.after(async () => clearInterval(neighbour.#timer));
    return neighbour;
  }

  /** Stops, waits for the last payload, and compares all of them. Both connections close. */
  async finish(): Promise<void> {
    for (let count = 0; count < 3; count++) this.#publish();
    clearInterval(this.#timer);
    const videos = (): readonly Uint8Array[] =>
      this.#player.media.filter(({ type }) => type === 9).map(({ payload }) => payload);
    await until(
      () => videos().length >= this.#sent.length,
      "the last payload",
      () => this.#player.lines.includes("closed"),
    );
    ok(!this.#publisher.lines.includes("closed"), "the neighbour's publisher was disturbed");
    ok(!this.#player.lines.includes("closed"), "the neighbour's player was disturbed");
    const received = videos();
    equal(received.length, this.#sent.length);
    const wrong = this.#sent.findIndex(
      (payload, index) => formatHex(payload) !== formatHex(received[index] ?? payload),
    );
    equal(wrong, -1, `payload ${wrong} of ${this.#sent.length} is not what was sent`);
    for (const { stream } of [this.#publisher, this.#player]) stream.close();
  }

  #publish(): void {
    const index = this.#sent.length;
    const isKeyframe = index % GOP_MESSAGES === 0;
    const payload = new Uint8Array(200 + ((index * 131) % 1500)).fill(index);
    payload.set([isKeyframe ? 0x17 : 0x27, 1, 0, 0, 0, index >> 8, index]);
    this.#sent.push(payload);
    this.#publisher.video(1, index * INTERVAL_MS, payload);
  }
}

async function dial(owner: CleanUp, origin: string): Promise<RtmpPeer> {
  const url = parseRtmpUrl(`${origin}/live/key`);
  const stream = await openTransport(url, { tls: { insecure: true } });
  owner.after(async () => stream.destroy());
  return new RtmpPeer(stream, url.scheme === "rtmpe" || url.scheme === "rtmpte" ? "encrypted" : "plain");
}

async function until(isSo: () => boolean, what: string, isOver: () => boolean = () => false): Promise<void> {
  for (const deadlineMs = performance.now() + 20_000; !isSo(); ) {
    if (isOver() || performance.now() > deadlineMs) throw new Error(`the neighbour waits in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
