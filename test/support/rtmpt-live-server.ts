import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { formatAddress } from "../../src/transport/address.ts";
import { RtmptServer } from "../../src/transport/rtmpt/rtmpt-server.ts";
import { type LiveServer, startLiveServer } from "./live-server.ts";
import type { CleanUp } from "./peer-process.ts";

/** A live server that takes RTMPT on a port of its own besides. */
export type RtmptLiveServer = LiveServer & { readonly rtmptPort: number; rtmptUrl(name?: string): string };

export async function startRtmptLiveServer(
  owner: CleanUp,
  options: Parameters<typeof startLiveServer>[1] = {},
): Promise<RtmptLiveServer> {
  const live = await startLiveServer(owner, options);
  const tunnel = new RtmptServer({
    limits: { maxTunnels: 100, maxTunnelBodyBytes: 1024 * 1024, maxTunnelPendingBytes: 2 * 1024 * 1024 },
    timeouts: { tunnelMs: 30_000, requestMs: 15_000 },
    onStream: (stream) => live.server.accept(stream),
    clientAddress: ({ socket }) => formatAddress(socket.remoteAddress ?? "unknown", socket.remotePort ?? 0),
  });
  const http = createServer({ noDelay: true }, (request, response) => {
    if (!tunnel.handle(request, response)) response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  const ticker = setInterval(() => tunnel.tick(performance.now()), 500);
  owner.after(async () => {
    clearInterval(ticker);
    tunnel.close();
    http.closeAllConnections();
    await new Promise((resolve) => http.close(resolve));
  });
  const { port: rtmptPort } = http.address() as AddressInfo;
  return { ...live, rtmptPort, rtmptUrl: (name = "live/key") => `rtmpt://127.0.0.1:${rtmptPort}/${name}` };
}
