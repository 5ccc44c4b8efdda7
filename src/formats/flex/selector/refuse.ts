import { ProtocolError } from "../../../errors.ts";

/** Throws `flex.selector`; `at` is a place in the text, counted in UTF-16 units. */
export function refuseSelector(why: string, at: number): never {
  throw new ProtocolError("flex.selector", `${why} at character ${at + 1} of the selector`);
}
