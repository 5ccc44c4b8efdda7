import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { freePort, untilListening } from "./free-port.ts";
import { type CleanUp, startPeer } from "./peer-process.ts";
import { requirePeer } from "./require-peer.ts";
import { temporaryFolder } from "./temporary-folder.ts";

/** Starts an HTTP proxy that we did not write, which wants this user and password; returns its `host:port`. */
export async function startTinyproxy(owner: CleanUp, user: string, password: string): Promise<string> {
  const program = requirePeer("tinyproxy");
  const port = await freePort();
  const file = join(temporaryFolder(owner), "tinyproxy.conf");
  const settings = [`Port ${port}`, "Listen 127.0.0.1", "Allow 127.0.0.1", "MaxClients 50", "Timeout 30"];
  writeFileSync(file, [...settings, `BasicAuth ${user} ${password}`, "DisableViaHeader Yes", ""].join("\n"));
  const peer = startPeer(owner, program, ["-d", "-c", file]);
  await Promise.race([untilListening(port), peer.done]);
  return `127.0.0.1:${port}`;
}
