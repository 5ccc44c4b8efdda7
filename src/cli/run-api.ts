import type { ApiServer } from "../api/api-server.ts";
import type { ApiAddress } from "../api/options.ts";
import type { Config } from "../server/config.ts";
import { readTokenFile } from "../server/config-api-token.ts";
import type { Log } from "../server/log.ts";
import type { CommandContext, RunnableServer } from "./context.ts";

/** The dashboard and the API of a server that runs; undefined where they are off. Rejects where they cannot be opened. */
export async function startApi(
  { api }: Config,
  token: string | undefined,
  server: RunnableServer,
  log: Log,
  context: CommandContext,
): Promise<ApiServer | undefined> {
  const { listen, allowedHosts, maxBroadcastMetrics } = api;
  const { monitor } = server;
  if (listen === "off" || monitor === undefined) return undefined;
  const started = await context.createApi({
    monitor,
    ...(listen !== undefined && { listen }),
    ...(token !== undefined && { token }),
    allowedHosts,
    maxBroadcastMetrics,
    isReady: () => server.listeners.length > 0,
    ...(server.media && { media: server.media }),
    ...(server.picture && { picture: (name) => server.picture?.(name) ?? NOTHING }),
    mediaAddress: () => mediaAddressOf(server.listeners),
    log,
  });
  await started.start();
  return started;
}

const NOTHING = Promise.resolve(undefined);

/** Reads the token again, where it is in a file. Throws where it cannot be read: the one before stays. */
export function reloadToken({ api }: Config, started: ApiServer | undefined, context: CommandContext): void {
  if (api.tokenFile !== undefined) started?.setToken(readTokenFile(api.tokenFile, context));
}

/** Where media is played by HTTP, as it is reached from this machine. */
function mediaAddressOf(listeners: RunnableServer["listeners"]): ApiAddress | undefined {
  const listener = listeners.find(({ accepts }) => accepts.includes("http"));
  if (listener === undefined) return undefined;
  const { host, port } = listener;
  return { host: host === "::" || host === "0.0.0.0" ? "127.0.0.1" : host, port };
}
