import { amfCases } from "./amf-cases.ts";
import { broadcastCases } from "./broadcast-cases.ts";
import { chunkCases } from "./chunk-cases.ts";
import { cipherCases } from "./cipher-cases.ts";
import type { MicroCase } from "./micro-case.ts";

/** Everything that can be measured. */
export function microCases(): MicroCase[] {
  return [...chunkCases(), ...amfCases(), ...broadcastCases(), ...cipherCases()];
}
