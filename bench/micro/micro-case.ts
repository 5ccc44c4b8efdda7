/** What is measured. Both are called many times; each call does as much as `operations` and `bytes` say. */
export type MicroCase = {
  /** `group what how`: part of it selects it on the command line. */
  readonly name: string;
  /** What one operation is. */
  readonly operation: string;
  /** How many of them a call is. */
  readonly operations: number;
  /** Bytes that one call is about. */
  readonly bytes: number;
  /** What the comparison does with the same bytes or values. */
  readonly comparison: string;
  /** Makes both ready; each has its own state. They return what they made, so that it is not left out. */
  prepare(): { run(): unknown; compare(): unknown };
};
