import type { AmfTraits, AmfValue } from "./amf-value.ts";

export type Amf3Traits = AmfTraits & { readonly isExternalizable: boolean };
type TextEntry = { readonly text: string; readonly byteLength: number };

/** What references of AMF3 lead to: all that was read so far, in its order. AMF3 section 2.2. */
export class Amf3Tables {
  readonly strings: TextEntry[] = [];
  readonly objects: AmfValue[] = [];
  readonly traits: Amf3Traits[] = [];
}
