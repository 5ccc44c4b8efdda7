import { randomBytes } from "node:crypto";

/** The id is the only thing that a client needs to speak for a session: nobody may guess one. */
const SESSION_ID_BYTES = 16;

/** Of a session in one of several processes, it says in which: no hexadecimal digit is a `w`. */
const OF_WORKER = /^[0-9a-f]+w([1-9]\d{0,5})$/;

export function createSessionId(worker?: number): string {
  const id = randomBytes(SESSION_ID_BYTES).toString("hex");
  return worker === undefined ? id : `${id}w${worker}`;
}

/** Which process has the session, counting from 1; undefined for what is no id of one of several. */
export function workerOfSession(sessionId: string): number | undefined {
  const number = OF_WORKER.exec(sessionId)?.[1];
  return number === undefined ? undefined : Number(number);
}
