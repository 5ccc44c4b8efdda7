import { ProtocolError } from "../../errors.ts";
import { decodeAmf0 } from "../../formats/amf/amf0-decoder.ts";
import { type PlainValue, toPlain } from "../../formats/amf/to-plain.ts";
import { scriptName } from "../../formats/flv/script-name.ts";
import type { TrackName } from "../../mp4/track.ts";

/** How a track is called. */
export type TrackTitle = { readonly title: string | undefined; readonly language: string | undefined };

const MAPS = { audio: "audioTrackIdInfoMap", video: "videoTrackIdInfoMap" } as const;
/** What is looked at of metadata: titles are short. */
const MAX_NODES = 10_000;

/** What `onMetaData` says of tracks: their titles and languages. Enhanced RTMP v2, "Metadata". */
export class TrackTitles {
  readonly #titles = new Map<string, TrackTitle>();

  /** Looks at each data message. */
  note(payload: Uint8Array): void {
    if (scriptName(payload) !== "onMetaData") return;
    const metadata = decodeMetadata(payload);
    for (const kind of ["audio", "video"] as const) {
      for (const [trackId, info] of entriesOf(membersOf(metadata)[MAPS[kind]])) {
        const { title, name, language } = membersOf(info);
        this.#titles.set(`${kind} ${trackId}`, {
          title: textOf(title) ?? textOf(name),
          language: languageOf(language),
        });
      }
    }
  }

  of({ kind, trackId }: TrackName): TrackTitle {
    return this.#titles.get(`${kind} ${trackId}`) ?? { title: undefined, language: undefined };
  }
}

function decodeMetadata(payload: Uint8Array): PlainValue {
  try {
    const [, value] = decodeAmf0(payload);
    return value === undefined ? undefined : toPlain(value, { maxNodes: MAX_NODES, maxDepth: 8 });
  } catch (error) {
    // It is for people: whoever cannot read it goes without.
    if (error instanceof ProtocolError) return undefined;
    throw error;
  }
}

function membersOf(value: PlainValue): Readonly<Record<string, PlainValue>> {
  const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
  return isObject && !(value instanceof Date) && !(value instanceof Uint8Array) ? value : {};
}

function entriesOf(value: PlainValue): readonly (readonly [string, PlainValue])[] {
  return Array.isArray(value) ? value.map((item, index) => [`${index}`, item]) : Object.entries(membersOf(value));
}

function textOf(value: PlainValue): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

/** As RFC 5646 writes them; anything else would mislead players. */
function languageOf(value: PlainValue): string | undefined {
  const text = textOf(value);
  return text !== undefined && /^[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8}){0,4}$/.test(text) ? text : undefined;
}
