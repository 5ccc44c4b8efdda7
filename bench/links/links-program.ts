import { answerQuestions } from "../support/child-program.ts";
import { type LinkFigures, type LinkOptions, measureLink } from "./measure-link.ts";

/** A process of its own for each measurement: with threads, all that it takes is theirs. */
export type LinksQuestions = { readonly measure: { readonly details: LinkOptions; readonly answer: LinkFigures } };

answerQuestions<LinksQuestions>({ measure: measureLink });
