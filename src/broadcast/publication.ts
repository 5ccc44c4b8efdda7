import type { MediaMessage } from "../formats/flv/media-message.ts";
import type { HealthMeter } from "./health/health-meter.ts";
import type { Track } from "./tracks.ts";

/** Why a publication is over. */
export type PublicationEnd =
  /** The publisher said so (FCUnpublish, closeStream, deleteStream): viewers are told at once. */
  | "unpublished"
  /** The connection broke: viewers wait for the grace time. */
  | "lost"
  /** Somebody else took the name over. */
  | "replaced";

/** Who publishes: what a broadcast asks of its input. */
export type Publisher = {
  /** For logs: an address, a file, a relay. */
  readonly description: string;
  /** The id of the connection that it came by, for whoever looks after the server; absent where it came by none. */
  readonly connection?: string;
  /**
   * Brings what a broadcast of another process has put in order already: any other publisher takes its place at once, and
   * pauses in its timestamps stay as they are. @default false
   */
  readonly isRelay?: boolean;
  /** Told of all that this publisher sends: one for each publication. A relay has none: where the publisher is, there is. */
  readonly health?: HealthMeter;
  /** Another publisher took the name: close. Nothing written from now on is taken. */
  replaced(by: Publisher): void;
  /** Somebody has come to whom this goes: what waits to be written is to be written now. */
  watched?(): void;
  /** A track is there, or is another than before: once a configuration, or at the first message of codecs without one. */
  track?(track: Track): void;
};

/** An input of a broadcast: seam for every source of media. */
export type Publication = {
  /** Takes a message; its payload is copied. Does nothing once the publication is over. */
  write(message: MediaMessage, nowMs: number): void;
  /** Forgets stored data of that name, such as `onMetaData`. */
  clearData(name: string): void;
  /** Ends it; only the first call counts. */
  end(reason: "unpublished" | "lost", nowMs: number): void;
  readonly isOver: boolean;
};

/** The answer to `publish`: a refusal is a value. */
export type PublishResult =
  | { readonly kind: "accepted"; readonly publication: Publication; readonly isReturn: boolean }
  | { readonly kind: "refused"; readonly reason: string }
  /** Whether the present publisher still lives is not known yet: ask again in so long. */
  | { readonly kind: "undecided"; readonly retryInMs: number };

/**
 * What happens when a second publisher comes for a name that is in use: it is refused; it takes over; or it waits until
 * the first one sends something, and is refused, or has sent nothing for `staleAfterMs`, and is replaced.
 */
export type BusyNamePolicy = "refuse" | "takeover" | "takeover-when-stale";

/** An output that takes messages one by one: a recorder, a segmenter, a relay. Called in order and synchronously. */
export type Subscriber = {
  /** The timestamp is on the broadcast's timeline; the payload is valid during the call. */
  write(message: MediaMessage): void;
  /** Called once, after the last write: no publisher came back within the grace time, or it ended in order. */
  end(): void;
};
