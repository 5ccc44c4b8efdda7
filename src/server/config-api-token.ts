import { formatAddress } from "../transport/address.ts";
import { isLoopback } from "../transport/loopback.ts";
import { describeBadToken } from "./api-token.ts";
import { type ConfigDisk, describeReadError } from "./config-files.ts";
import type { ConfigProblem } from "./config-problem.ts";
import type { ResolvedConfig } from "./config-settings.ts";

/** What a schema cannot find, and the token. */
export function checkApi(
  { config, effective }: ResolvedConfig,
  disk: Pick<ConfigDisk, "readFile">,
): { readonly problems: readonly ConfigProblem[]; readonly token?: string } {
  const { listen, token, tokenFile } = config.api;
  const problems: ConfigProblem[] = [];
  const report = (key: string, message: string): void => {
    const origin = effective.get(key)?.origin;
    if (origin === undefined) throw new Error(`${key} has its default, and a problem: ${message}`);
    problems.push({ origin, key, message });
  };
  if (listen === "off") return { problems };
  if (listen !== undefined && !isLoopback(listen.host) && token === undefined && tokenFile === undefined) {
    const address = formatAddress(listen.host, listen.port);
    report(
      "api.listen",
      `${address} is reached from elsewhere: set api.tokenFile or api.token, or listen on 127.0.0.1`,
    );
  }
  if (token !== undefined && tokenFile !== undefined) {
    report("api.token", "there is api.tokenFile, too: set one of them");
    return { problems };
  }
  const bad = token === undefined ? undefined : describeBadToken(token);
  if (bad !== undefined) report("api.token", bad);
  if (tokenFile === undefined) return { problems, ...(token !== undefined && { token }) };
  try {
    return { problems, token: readTokenFile(tokenFile, disk) };
  } catch (error) {
    report("api.tokenFile", error instanceof Error ? error.message : String(error));
    return { problems };
  }
}

/** The token, without what an editor adds at its end. Throws an error that says which file is wrong, and why. */
export function readTokenFile(path: string, disk: Pick<ConfigDisk, "readFile">): string {
  let token: string;
  try {
    token = new TextDecoder().decode(disk.readFile(path)).trim();
  } catch (error) {
    throw new Error(`${path} cannot be read: ${describeReadError(error)}`, { cause: error });
  }
  const bad = describeBadToken(token);
  if (bad !== undefined) throw new Error(`${path}: ${bad}`);
  return token;
}
