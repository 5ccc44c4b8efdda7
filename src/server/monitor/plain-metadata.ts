import { ProtocolError } from "../../errors.ts";
import { type PlainValue, toPlain } from "../../formats/amf/to-plain.ts";
import { decodeData } from "../../rtmp/message/data.ts";
import { MessageType } from "../../rtmp/message/message.ts";

/** What is shown of metadata: publishers may send much more. */
const LIMITS = { maxNodes: 500, maxDepth: 4 };
const MAX_TEXT_CHARACTERS = 200;

export type PlainMetadata = Readonly<Record<string, unknown>>;

const NOTHING: PlainMetadata = {};
const known = new WeakMap<Uint8Array, PlainMetadata>();

/**
 * The values of an `onMetaData` message as JSON has them; undefined where there are none, or more than is shown. Its
 * payload is read once: it must stay as it is.
 */
export function plainMetadata(payload: Uint8Array): PlainMetadata | undefined {
  const before = known.get(payload);
  const metadata = before ?? readMetadata(payload);
  if (before === undefined) known.set(payload, metadata);
  return metadata === NOTHING ? undefined : metadata;
}

function readMetadata(payload: Uint8Array): PlainMetadata {
  const message = { type: MessageType.Data, timestamp: 0, streamId: 0, payload };
  const [value] = decodeData(message)?.values ?? [];
  if (value === undefined) return NOTHING;
  try {
    const plain = jsonOf(toPlain(value, LIMITS));
    return isRecord(plain) ? plain : NOTHING;
  } catch (error) {
    if (error instanceof ProtocolError) return NOTHING;
    throw error;
  }
}

/** Undefined for what is left out: bytes, and numbers that JSON does not know. */
function jsonOf(value: PlainValue): unknown {
  if (typeof value === "string") return value.slice(0, MAX_TEXT_CHARACTERS);
  if (typeof value === "number") return Number.isFinite(value) ? value : undefined;
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? undefined : value.toISOString();
  if (value instanceof Uint8Array) return undefined;
  if (Array.isArray(value)) return value.map((element) => jsonOf(element) ?? null);
  if (typeof value !== "object" || value === null) return value;
  const members = Object.entries(value).map(([key, member]) => [key.slice(0, MAX_TEXT_CHARACTERS), jsonOf(member)]);
  return Object.fromEntries(members.filter(([, member]) => member !== undefined));
}

function isRecord(value: unknown): value is PlainMetadata {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
