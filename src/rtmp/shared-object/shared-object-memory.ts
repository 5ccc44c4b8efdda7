/** What a slot holds above its name and value, roughly. */
const SLOT_BYTES = 512;
/** What an object without slots holds, roughly. */
const OBJECT_BYTES = 4096;

/**
 * What the objects of any number of directories may hold together: names and values as AMF0, and something for each slot,
 * each remembered removal and each object.
 */
export class SharedObjectMemory {
  readonly maxBytes: number;
  #heldBytes = 0;

  constructor(maxBytes: number) {
    this.maxBytes = maxBytes;
  }

  get heldBytes(): number {
    return this.#heldBytes;
  }

  /** Whether one more object may be made. */
  get hasRoomForObject(): boolean {
    return this.hasRoom(OBJECT_BYTES);
  }

  hasRoom(bytes: number): boolean {
    return this.#heldBytes + bytes <= this.maxBytes;
  }

  /** For objects: what one of them holds has become so much more, or less. */
  note(bytes: number): void {
    this.#heldBytes += bytes;
  }
}

/** What an object counts. */
export function heldBytesOf(byteLength: number, slots: number, removals: number): number {
  return OBJECT_BYTES + byteLength + (slots + removals) * SLOT_BYTES;
}

/** What a slot counts that is set, `byteLength` being that of its event. */
export function heldBytesOfSlot(byteLength: number): number {
  return SLOT_BYTES + byteLength;
}
