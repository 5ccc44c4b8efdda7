import { FaultCode, FlexFault } from "../../client/flex/flex-fault.ts";
import { ProtocolError } from "../../errors.ts";
import type { AmfLimits } from "../../formats/amf/amf-limits.ts";
import type { AmfEncodable } from "../../formats/amf/amf-value.ts";
import { decodeAmf3 } from "../../formats/amf/amf3-decoder.ts";
import { Amf3Encoder } from "../../formats/amf/amf3-encoder.ts";
import type { ExternalizableRegistry } from "../../formats/amf/externalizable.ts";
import { FlexHeader, type OutgoingFlexMessage } from "../../formats/flex/message.ts";
import { decodeFlexMessage, encodeFlexMessage } from "../../formats/flex/message-codec.ts";
import type { Push } from "./backlog.ts";
import type { Subscription } from "./subscription.ts";

/** A message on its way to subscribers. */
export type Publication = {
  readonly body: AmfEncodable;
  readonly headers: Iterable<readonly [string, AmfEncodable]>;
  readonly messageId: string | null;
  readonly correlationId: string | null;
  /** Milliseconds since 1970. */
  readonly timestamp: number;
  /** In milliseconds; 0: for ever. */
  readonly timeToLive: number;
};

/** What ids and headers of one subscriber add to a message, at most. */
const BYTES_OF_ENVELOPE = 128;

/** It was read, or made, and encoded here before. */
const NO_LIMITS: Partial<AmfLimits> = {
  maxValues: Number.MAX_SAFE_INTEGER,
  maxTraitMembers: Number.MAX_SAFE_INTEGER,
  maxNumberKeys: Number.MAX_SAFE_INTEGER,
  freeStringBytes: Number.MAX_SAFE_INTEGER,
};

/**
 * A published message, which all its subscribers share: as it is while it is handed out, and as bytes for those who get it
 * later. Values can take a hundred times the memory of their bytes, and a backlog is bounded by bytes.
 */
export class Parcel {
  readonly #bytes: Uint8Array;
  readonly #registry: ExternalizableRegistry;
  #publication: Publication | undefined;

  /** Throws a `FlexFault` for what cannot be sent: its producer is told, and no consumer suffers. */
  constructor(publication: Publication, registry: ExternalizableRegistry) {
    this.#publication = publication;
    this.#registry = registry;
    this.#bytes = encode(publication, registry);
  }

  /** About how long it is when it is sent. */
  get byteLength(): number {
    return this.#bytes.length + BYTES_OF_ENVELOPE;
  }

  pushTo(subscription: Subscription, expiresAtMs: number): Push {
    return { byteLength: this.byteLength, expiresAtMs, message: () => this.#messageFor(subscription) };
  }

  /** All have been handed it: whoever has not sent it yet gets it from its bytes. */
  close(): void {
    this.#publication = undefined;
  }

  #messageFor({ clientId, destinationId }: Subscription): OutgoingFlexMessage {
    const publication = this.#publication ?? this.#decode();
    const headers = [...publication.headers, [FlexHeader.DestinationClientId, clientId] as const];
    return { kind: "async", ...publication, destination: destinationId, clientId, headers };
  }

  #decode(): Publication {
    const [value] = decodeAmf3(this.#bytes, { registry: this.#registry, limits: NO_LIMITS });
    const message = decodeFlexMessage(value);
    if (message?.kind !== "async") throw new Error("a parcel holds a message");
    const { body, headers, messageId, correlationId, timestamp, timeToLive } = message;
    return { body, headers, messageId, correlationId, timestamp, timeToLive };
  }
}

function encode(publication: Publication, registry: ExternalizableRegistry): Uint8Array {
  try {
    const encoder = new Amf3Encoder({ registry });
    encoder.write(encodeFlexMessage({ kind: "async", ...publication }, "full"));
    return encoder.take();
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    throw new FlexFault({ code: FaultCode.MessageEncoding, description: `The message ${error.message}.` });
  }
}
