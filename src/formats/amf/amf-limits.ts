/** What one AMF message may make its reader do or hold. Counts are also checked against the bytes that are left. */
export type AmfLimits = {
  /** Containers inside each other, AMF0 and AMF3 together; at most 512. @default 64 */
  readonly maxDepth: number;
  /** Values of a message, nested ones and references too; elements of number vectors do not count. @default 100_000 */
  readonly maxValues: number;
  /** Sealed members of one AMF3 class. @default 1024 */
  readonly maxTraitMembers: number;
  /** Numbers as keys of dictionaries: JavaScript engines hash them alike everywhere, so a sender can make them collide. @default 1024 */
  readonly maxNumberKeys: number;
  /** Bytes of all strings and keys, those by reference counted each time, as a multiple of the message. @default 4 */
  readonly maxStringExpansion: number;
  /** Bytes of strings that even the shortest message may have: repeated words in a list are no attack. @default 1 MiB */
  readonly freeStringBytes: number;
};

export const DEFAULT_AMF_LIMITS: AmfLimits = {
  maxDepth: 64,
  maxValues: 100_000,
  maxTraitMembers: 1024,
  maxNumberKeys: 1024,
  maxStringExpansion: 4,
  freeStringBytes: 1024 * 1024,
};

// Decoders and encoders recurse, and the stack of the platform must hold whatever the limit allows.
const LARGEST_DEPTH = 512;

/** The defaults where `limits` leaves them, or says undefined: that must not be no limit. Throws a RangeError for a depth that the stack might not hold. */
export function resolveAmfLimits(limits: Partial<AmfLimits> = {}): AmfLimits {
  const defaults = DEFAULT_AMF_LIMITS;
  const resolved = {
    maxDepth: limits.maxDepth ?? defaults.maxDepth,
    maxValues: limits.maxValues ?? defaults.maxValues,
    maxTraitMembers: limits.maxTraitMembers ?? defaults.maxTraitMembers,
    maxNumberKeys: limits.maxNumberKeys ?? defaults.maxNumberKeys,
    maxStringExpansion: limits.maxStringExpansion ?? defaults.maxStringExpansion,
    freeStringBytes: limits.freeStringBytes ?? defaults.freeStringBytes,
  };
  if (!(resolved.maxDepth <= LARGEST_DEPTH)) throw new RangeError(`maxDepth is at most ${LARGEST_DEPTH}`);
  return resolved;
}
