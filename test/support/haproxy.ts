import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { freePort, untilListening } from "./free-port.ts";
import { type CleanUp, startPeer } from "./peer-process.ts";
import { requirePeer } from "./require-peer.ts";
import { temporaryFolder } from "./temporary-folder.ts";

export type HaproxyOptions = {
  /** Where connections go on, on 127.0.0.1. */
  readonly serverPort: number;
  /** A PEM file with certificate and key: TLS ends here. @default whatever comes goes on as it is */
  readonly certificateFile?: string;
  /** The PROXY protocol in front of each connection. @default none */
  readonly sends?: "send-proxy" | "send-proxy-v2";
};

/** Starts a haproxy of the test's own that passes TCP connections on; resolves with its port on 127.0.0.1. */
export async function startHaproxy(owner: CleanUp, options: HaproxyOptions): Promise<number> {
  const file = join(temporaryFolder(owner), "haproxy.cfg");
  const port = await freePort();
  writeFileSync(file, configuration(port, options));
  const peer = startPeer(owner, requirePeer("haproxy"), ["-db", "-f", file], { timeoutMs: 120_000 });
  await Promise.race([
    untilListening(port),
    peer.done.then(({ stderrTail }) => {
      throw new Error(`haproxy ended:\n${stderrTail}`);
    }),
  ]);
  return port;
}

function configuration(port: number, { serverPort, certificateFile, sends }: HaproxyOptions): string {
  const tls = certificateFile === undefined ? "" : `ssl crt ${certificateFile}`;
  return `
defaults
  mode tcp
  timeout connect 10s
  timeout client 60s
  timeout server 60s
listen rtmp
  bind 127.0.0.1:${port} ${tls}
  server rtmp 127.0.0.1:${serverPort} ${sends ?? ""}
`;
}
