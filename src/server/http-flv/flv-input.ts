import type { Publication } from "../../broadcast/publication.ts";
import { ProtocolError } from "../../errors.ts";
import { classifyMedia } from "../../formats/flv/classify.ts";
import { FlvReader, type FlvTag } from "../../formats/flv/flv-reader.ts";
import { normalizeDataMessage } from "../../formats/flv/script-data.ts";
import { kindOfTagType, TagType } from "../../formats/flv/tag.ts";

/** Writes the tags of an FLV stream into a publication, as they would come by RTMP. */
export class FlvInput {
  readonly #reader: FlvReader;
  readonly #publication: Publication;

  constructor(publication: Publication, maxMessageBytes: number) {
    this.#publication = publication;
    this.#reader = new FlvReader({ maxTagBytes: maxMessageBytes });
  }

  /** Throws `flv.signature`, `flv.tag` and `publish.config-limit`. */
  push(bytes: Uint8Array, nowMs: number): void {
    this.#reader.push(bytes);
    for (let tag = this.#reader.next(); tag !== undefined; tag = this.#reader.next()) this.#write(tag, nowMs);
  }

  #write({ type, isEncrypted, timestamp: signed, data, byteOffset }: FlvTag, nowMs: number): void {
    if (isEncrypted)
      throw new ProtocolError("flv.tag", "the tag is encrypted, which no player could undo", { byteOffset });
    const timestamp = signed >>> 0;
    const kind = kindOfTagType(type);
    if (kind === "data") this.#writeData(timestamp, data, type === TagType.ScriptAmf3, nowMs);
    // Some write empty tags at the end of a file.
    else if (kind !== undefined && data.length > 0)
      this.#publication.write(classifyMedia(kind, timestamp, data), nowMs);
  }

  /** As with RTMP: what has no name is nothing, and `@setDataFrame` is for the server. */
  #writeData(timestamp: number, payload: Uint8Array, isAmf3: boolean, nowMs: number): void {
    const data = normalizeDataMessage(payload, isAmf3);
    if (data.name === "") return;
    if (data.kind === "clear") return this.#publication.clearData(data.name);
    const media = classifyMedia("data", timestamp, data.payload);
    const isKept = data.kind === "set" || data.name === "onMetaData";
    this.#publication.write(isKept ? { ...media, isConfig: true } : media, nowMs);
  }
}
