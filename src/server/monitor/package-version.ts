import { readFileSync } from "node:fs";

let version: string | undefined;

/** The version of this package. Its package.json is three levels up from src/server/monitor and dist/server/monitor. */
export function packageVersion(): string {
  version ??= readVersion();
  return version;
}

/** Empty where this code was put into another program's bundle. */
function readVersion(): string {
  try {
    const text = readFileSync(new URL("../../../package.json", import.meta.url), "utf8");
    return (JSON.parse(text) as { readonly version?: string }).version ?? "";
  } catch {
    return "";
  }
}
