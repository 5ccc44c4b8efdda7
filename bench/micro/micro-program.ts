import { answerQuestions } from "../support/child-program.ts";
import { type MicroFigures, measureCase } from "./measure-case.ts";
import { microCases } from "./micro-cases.ts";

/** A process for each measurement: what is compiled for one must not slow another. */
export type MicroQuestions = {
  readonly measure: {
    readonly details: { readonly name: string; readonly seconds: number };
    readonly answer: MicroFigures;
  };
};

answerQuestions<MicroQuestions>({
  measure({ name, seconds }) {
    const found = microCases().find((microCase) => microCase.name === name);
    if (found === undefined) throw new Error(`nothing is called "${name}"`);
    return measureCase(found, seconds);
  },
});
