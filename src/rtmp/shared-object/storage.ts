/** Where persistent objects of one application instance are kept. The core asks for nothing by itself: a driver does. */
export type SharedObjectStorage = {
  /** The bytes that were stored last for this name; undefined if there are none. */
  load(name: string): Promise<Uint8Array | undefined>;
  /**
   * Replaces what is stored as one step: after a crash in the middle of it, `load` gives the old bytes or the new ones. Names
   * are any text, `../` too, so they are no file names.
   */
  store(name: string, snapshot: Uint8Array): Promise<void>;
};
