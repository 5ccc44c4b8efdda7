import type { Config } from "../server/config.ts";
import type { CommandContext } from "./context.ts";
import { ExitCode } from "./exit-codes.ts";
import { type ConfigOptions, loadConfig, reportProblems } from "./load-config.ts";
import { type RunServerOptions, runServer } from "./run-server.ts";

export type ServeOptions = ConfigOptions & {
  /** Only check the configuration. */
  readonly check?: boolean;
};

/** `millrace serve`: a server, configured by the command line, the environment and a file. */
export async function serve(
  options: ServeOptions,
  context: CommandContext,
  beside?: RunServerOptions["beside"],
): Promise<ExitCode> {
  const { config, allowedSwf, users, token, problems, warnings } = await loadConfig(options, context);
  const json = options.json === true;
  if (problems.length > 0) return reportProblems([...problems, ...warnings], context, json);
  if (options.check !== true) {
    return await runServer(
      {
        config,
        allowedSwf,
        warnings,
        json,
        ...(users && { users }),
        ...(token !== undefined && { token }),
        ...(beside && { beside }),
      },
      context,
    );
  }
  if (warnings.length > 0) reportProblems(warnings, context, json);
  context.stdout.write(
    json
      ? `${JSON.stringify({ event: "good-configuration", config: withoutSecrets(config) })}\n`
      : "The configuration is good.\n",
  );
  return ExitCode.Ok;
}

function withoutSecrets({ api: { token, ...api }, ...config }: Config): object {
  return { ...config, api: { ...api, ...(token !== undefined && { token: "…" }) } };
}
