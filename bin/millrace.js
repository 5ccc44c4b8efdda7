#!/usr/bin/env node
// Runs on old versions of Node too, as far as the message: no newer syntax here.
import { existsSync } from "node:fs";

const version = process.versions.node.split(".").map(Number);
if (version[0] < 22 || (version[0] === 22 && version[1] < 18)) {
  console.error(`millrace needs Node ≥ 22.18; this is v${process.versions.node}. Get it from https://nodejs.org`);
  process.exit(1);
}

// A clone runs its sources as they are; the published package has only what was built from them.
const source = new URL("../src/cli/main.ts", import.meta.url);
const built = new URL("../dist/cli/main.js", import.meta.url);
import(existsSync(source) ? source.href : built.href).catch((error) => {
  console.error(error);
  process.exit(1);
});
