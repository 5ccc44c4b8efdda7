import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { freePort, untilListening } from "./free-port.ts";
import { type CleanUp, startPeer } from "./peer-process.ts";
import { installLine, PEER_PACKAGES, requirePeer } from "./require-peer.ts";
import { temporaryFolder } from "./temporary-folder.ts";

/** An nginx of the test's own, with nothing but the RTMP module. */
export type NginxRtmp = {
  readonly port: number;
  url(name?: string): string;
  /** Resolves when its log matches. */
  untilLog(pattern: RegExp): Promise<void>;
};

const MODULE = "/usr/lib/nginx/modules/ngx_rtmp_module.so";

/** Starts nginx-rtmp with the application `live`. Its players are told of the end of a broadcast. */
export async function startNginxRtmp(owner: CleanUp): Promise<NginxRtmp> {
  const folder = temporaryFolder(owner);
  const port = await freePort();
  writeFileSync(join(folder, "nginx.conf"), configuration(port));
  const peer = startPeer(owner, requirePeer("nginx"), ["-p", folder, "-c", "nginx.conf", "-e", "stderr"], {
    timeoutMs: 120_000,
  });
  await Promise.race([
    untilListening(port),
    peer.done.then(({ stderrTail }) => {
      throw new Error(`nginx ended:\n${stderrTail}`);
    }),
  ]);
  return { port, url: (name = "live/key") => `rtmp://127.0.0.1:${port}/${name}`, untilLog: peer.untilStderr };
}

function configuration(port: number): string {
  return `
load_module ${requireModule()};
daemon off;
master_process off;
pid nginx.pid;
error_log stderr info;
events { worker_connections 64; }
rtmp {
  access_log off;
  server {
    listen 127.0.0.1:${port};
    application live { live on; publish_notify on; }
  }
}
`;
}

function requireModule(): string {
  if (existsSync(MODULE)) return MODULE;
  throw new Error(`nginx has no RTMP module. Install it: ${installLine(PEER_PACKAGES.nginx)}`);
}
