import { fileURLToPath } from "node:url";
import { assertEndedWell, type CleanUp, startPeer } from "./peer-process.ts";
import { requirePeer } from "./require-peer.ts";
import { temporaryFolder } from "./temporary-folder.ts";

/** What came of a play from rtmpsrv by our client. */
export type RtmpsrvResult = {
  readonly serverVersion: string;
  /** Of the statuses of the stream. */
  readonly codes: readonly string[];
  /** What rtmpsrv says of the handshakes: ours first. */
  readonly heard: readonly string[];
};

/** Whether this machine lets programs have a network of their own. */
export async function hasOwnNetworks(owner: CleanUp): Promise<boolean> {
  const { exitCode } = await inOwnNetwork(owner, "true").done;
  return exitCode === 0;
}

/**
 * Plays from librtmp's rtmpsrv by our client. It listens on 1935 only, and starts an rtmpdump that plays from it too: so
 * all run in a network and among processes of their own, which end with the first.
 */
export async function playFromRtmpsrv(owner: CleanUp): Promise<RtmpsrvResult> {
  const program = fileURLToPath(new URL("rtmpsrv-client.ts", import.meta.url));
  const peer = inOwnNetwork(owner, process.execPath, program, requirePeer("rtmpsrv"), temporaryFolder(owner));
  const result = await peer.done;
  assertEndedWell(peer, result);
  return JSON.parse(result.stdout);
}

function inOwnNetwork(owner: CleanUp, ...command: readonly string[]): ReturnType<typeof startPeer> {
  const script = `${requirePeer("ip")} link set lo up && exec "$@"`;
  const namespaces = ["--map-root-user", "--net", "--pid", "--fork", "--kill-child"];
  return startPeer(owner, requirePeer("unshare"), [...namespaces, "sh", "-c", script, "sh", ...command]);
}
