import { AssertionError } from "node:assert";
import type { CompareOptions, Comparison } from "./compare-tags.ts";
import type { FlvTag } from "./flv-tags.ts";
import { type LiveServer, startLiveServer } from "./live-server.ts";
import type { CleanUp } from "./peer-process.ts";
import { comparePlayed, type PlayerName, startPlayer } from "./players.ts";
import { temporaryFolder } from "./temporary-folder.ts";

export type WholeBroadcast = {
  readonly players: readonly PlayerName[];
  /** Publishes to the URL until the end, and returns what was published. */
  readonly publish: (url: string) => Promise<readonly FlvTag[]>;
  /** How many frames at the start a player may leave out by itself. @default none */
  readonly framesLeftOut?: Partial<Record<PlayerName, number>>;
  readonly compare?: CompareOptions;
};

/**
 * Asserts that players who come before the publisher get everything from its first message to its last: every payload
 * identical, every timestamp equal up to one constant, no gap. All play the same broadcast at the same time.
 */
export async function assertPlayedWhole(owner: CleanUp, broadcast: WholeBroadcast): Promise<LiveServer> {
  const live = await startLiveServer(owner);
  const folder = temporaryFolder(owner);
  const players = broadcast.players.map((name) => startPlayer(owner, name, live.url(), folder));
  await live.until("playing", players.length);
  const published = await broadcast.publish(live.url());
  for (const player of players) {
    const found = comparePlayed(player.name, published, await player.allTags(), {
      untilEnd: true,
      ...broadcast.compare,
    });
    assertFromFirst(player.name, found, broadcast.framesLeftOut?.[player.name] ?? 0);
  }
  return live;
}

function assertFromFirst(player: PlayerName, { audio, video }: Comparison, framesLeftOut: number): void {
  for (const [kind, { firstIndex }] of Object.entries({ audio, video })) {
    if (firstIndex <= framesLeftOut) continue;
    throw new AssertionError({ message: `${player}: the first ${firstIndex} ${kind} frames never arrived` });
  }
}
