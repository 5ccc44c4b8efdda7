import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { CleanUp } from "./peer-process.ts";

/** A new folder that is removed at the end of its test. */
export function temporaryFolder(owner: CleanUp): string {
  const folder = mkdtempSync(join(tmpdir(), "millrace-"));
  owner.after(async () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
