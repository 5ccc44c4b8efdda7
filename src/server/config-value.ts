import { nearest } from "../transport/nearest.ts";

/** What is wrong inside a value that has a form of its own: an address, a pair of files. */
export type ValueProblem = {
  /** From the value inwards: members of objects, items of lists. @default the value itself */
  readonly path?: readonly (string | number)[];
  /** What follows "but"; undefined: it is not of the form that the key wants. */
  readonly reason?: string;
  /** The path ends in a member that nobody knows. */
  readonly isUnknownMember?: boolean;
};

export type ReportProblem = (problem: ValueProblem) => void;

export type ValueObject = Readonly<Record<string, unknown>>;

export function isValueObject(value: unknown): value is ValueObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Whether an object has no other members than these; reports each that it has. */
export function hasOnlyMembers(value: ValueObject, known: readonly string[], report: ReportProblem): boolean {
  const unknown = Object.keys(value).filter((name) => !known.includes(name));
  for (const name of unknown) {
    const suggestion = nearest(name, known);
    const reason = suggestion === undefined ? `there are ${known.join(", ")}` : `did you mean ${suggestion}?`;
    report({ path: [name], reason, isUnknownMember: true });
  }
  return unknown.length === 0;
}
