import { ProtocolError } from "../../errors.ts";
import {
  AmfDictionary,
  AmfEcmaArray,
  AmfExternalizable,
  AmfObject,
  type AmfValue,
  AmfVector,
} from "../amf/amf-value.ts";

/** How deep the values of a Flex message may nest. */
export type FlexNestingLimits = {
  /** Arrays, vectors and dictionaries inside each other, whatever is between them: BlazeDS has the same. @default 15 */
  readonly maxCollectionDepth: number;
};

export const DEFAULT_FLEX_NESTING_LIMITS: FlexNestingLimits = { maxCollectionDepth: 15 };

/**
 * Throws `amf.limit` for collections nested deeper than they may; all other nesting was bounded by `AmfLimits` when the
 * value was decoded. References count where they were written out.
 */
export function checkFlexNesting(value: AmfValue, limits: FlexNestingLimits = DEFAULT_FLEX_NESTING_LIMITS): void {
  const seen = new Set<AmfValue>();
  const visit = (part: AmfValue, depth: number): void => {
    if (typeof part !== "object" || part === null || seen.has(part)) return;
    seen.add(part);
    const isCollection = !(part instanceof AmfObject) && !(part instanceof AmfExternalizable);
    const parts = partsOf(part);
    const partDepth = isCollection && parts !== NOTHING ? depth + 1 : depth;
    if (partDepth > limits.maxCollectionDepth) {
      throw new ProtocolError("amf.limit", `collections nested deeper than ${limits.maxCollectionDepth}`);
    }
    for (const each of parts) visit(each, partDepth);
  };
  visit(value, 0);
}

const NOTHING: readonly AmfValue[] = [];

function partsOf(value: AmfValue & object): Iterable<AmfValue> {
  if (Array.isArray(value)) return value;
  if (value instanceof AmfObject) return value.members.values();
  if (value instanceof AmfEcmaArray) return [...value.members.values(), ...value.elements];
  if (value instanceof AmfExternalizable) return [value.content];
  if (value instanceof AmfVector && Array.isArray(value.values)) return value.values;
  if (value instanceof AmfDictionary) return [...value.entries].flat();
  return NOTHING;
}
