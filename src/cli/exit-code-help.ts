import { EXIT_CODE_MEANINGS } from "./exit-codes.ts";

/** For the end of a command's help. */
export function exitCodeHelp(): string {
  return `Exit codes:\n${EXIT_CODE_MEANINGS.map(([code, meaning]) => `  ${String(code).padEnd(4)}${meaning}`).join("\n")}`;
}
