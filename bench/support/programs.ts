import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../../scripts/run-step.ts";
import { installLine, PEER_PACKAGES, requirePeer } from "../../test/support/require-peer.ts";
import type { LoadTools } from "./load-tools.ts";
import type { ServerPrograms } from "./server-starts.ts";

export type PeerOptions = {
  readonly hasPeers: boolean;
  /** The program of SRS, which no Debian package brings. */
  readonly srs: string | undefined;
  /** The folder of another checkout of millrace. */
  readonly otherCheckout: string | undefined;
};

const NGINX_MODULE = "/usr/lib/nginx/modules/ngx_rtmp_module.so";

/** Fails with the line that installs what is missing of what was asked for. */
export function findPrograms(
  { floor, nodeSink, hlsFiles }: LoadTools,
  { hasPeers, srs, otherCheckout }: PeerOptions,
): ServerPrograms {
  const ownNode = join(ROOT, "node_modules", ".bin", "node");
  if (hasPeers && !existsSync(NGINX_MODULE)) {
    throw new Error(`nginx has no RTMP module. Install it: ${installLine(PEER_PACKAGES.nginx)}`);
  }
  if (srs !== undefined && !existsSync(srs)) throw new Error(`--srs ${srs}: there is no such file.`);
  if (otherCheckout !== undefined && !existsSync(join(otherCheckout, "bin", "millrace.js"))) {
    throw new Error(`--against ${otherCheckout}: there is no bin/millrace.js in it.`);
  }
  return {
    checkout: ROOT,
    otherCheckout,
    node: existsSync(ownNode) ? ownNode : process.execPath,
    floor,
    nodeSink,
    hlsFiles,
    nginx: hasPeers ? { file: requirePeer("nginx"), module: NGINX_MODULE } : undefined,
    srs: srs === undefined ? undefined : { file: srs },
  };
}

/** Names and versions, as each program tells its own. */
export function versionsOf({ node, nginx, srs }: ServerPrograms): Readonly<Record<string, string>> {
  return {
    Node: versionOf(node, "--version"),
    ...(nginx && { nginx: versionOf(nginx.file, "-v"), "nginx-rtmp": debianVersion("libnginx-mod-rtmp") }),
    ...(srs && { SRS: versionOf(srs.file, "-v") }),
  };
}

function versionOf(program: string, option: string): string {
  const { stdout, stderr } = spawnSync(program, [option], { encoding: "utf8" });
  return /\d+\.\d+\S*/.exec(`${stdout}${stderr}`)?.[0] ?? "unknown";
}

function debianVersion(name: string): string {
  const { status, stdout } = spawnSync("dpkg-query", ["-W", name], { encoding: "utf8" });
  return (status === 0 ? stdout.trim().split("\t")[1] : undefined) ?? "unknown";
}
