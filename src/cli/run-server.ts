import { join } from "node:path";
import type { ApiServer } from "../api/api-server.ts";
import type { Config } from "../server/config.ts";
import { hasCertificate, serverOptionsOf } from "../server/config-options.ts";
import type { ConfigProblem } from "../server/config-problem.ts";
import { describeConfigProblem } from "../server/config-problem.ts";
import type { Log } from "../server/log.ts";
import { CERTIFICATE_NAME } from "../transport/self-signed-certificate.ts";
import { type CommandContext, type RunnableServer, styleFor } from "./context.ts";
import { ExitCode } from "./exit-codes.ts";
import { createLog } from "./log.ts";
import { reloadToken, startApi } from "./run-api.ts";
import { describeStartUp, startUpJson, startUpOf } from "./start-up.ts";
import { countStopSignals } from "./stop-signals.ts";
import { encodeServerSettings, type ServerSettings } from "./worker-settings.ts";

export type RunServerOptions = ServerSettings & {
  /** Of the API. */
  readonly token?: string;
  /** Logged before the start. */
  readonly warnings: readonly ConfigProblem[];
  /** Whether the start-up message is one line of JSON. */
  readonly json: boolean;
  /** Runs beside the server until `signal` aborts, which the first stop signal does. */
  readonly beside?: { readonly key: string; readonly run: BesideServer };
};

export type BesideServer = (listeners: RunnableServer["listeners"], log: Log, signal: AbortSignal) => Promise<void>;

/** Starts a server, says where it is, and runs it until signals end it. */
export async function runServer(options: RunServerOptions, context: CommandContext): Promise<ExitCode> {
  const { config, beside } = options;
  const log = createLog(config.log, context.stderr);
  for (const warning of options.warnings) log.warn({}, describeConfigProblem(warning));
  const workers = context.workerCountOf(config.workers);
  const server = await (workers > 1
    ? context.createWorkerPool({
        workers,
        limits: config.limits,
        publish: config.publish,
        settings: encodeServerSettings(options),
        log,
      })
    : context.createServer({ ...serverOptionsOf(config, options.allowedSwf, options.users), log }));
  const stopping = new AbortController();
  let besideDone = Promise.resolve();
  // Before the start: a signal that comes meanwhile must not just kill it, with its workers left to themselves.
  let api: ApiServer | undefined;
  const stopReloading = reloadAtHangUp(server, log, context, config, () => reloadToken(config, api, context));
  const { ended, stopListening } = untilStopped(server, log, context, async () => {
    stopping.abort();
    await besideDone;
  });
  try {
    const failure = await failureOf(server.start());
    if (stopping.signal.aborted) return await ended;
    if (failure !== undefined) {
      log.error({}, describeStartError(failure));
      return ExitCode.Failed;
    }
    try {
      api = await startApi(config, options.token, server, log, context);
    } catch (error) {
      log.error({}, describeApiError(error));
      await server.stop();
      return ExitCode.Failed;
    }
    if (stopping.signal.aborted) return await ended;
    context.stdout.write(describe(server, options, workers, api?.url, context));
    if (beside !== undefined) besideDone = beside.run(server.listeners, log, stopping.signal);
    return await ended;
  } finally {
    stopListening();
    stopReloading();
    // The last: whoever drains a server looks how it goes.
    api?.stop();
  }
}

/** Where the server is, for people or for programs. */
function describe(
  server: RunnableServer,
  options: RunServerOptions,
  workers: number,
  dashboard: string | undefined,
  context: CommandContext,
): string {
  const { version, networkAddresses, stdout } = context;
  const { beside, json } = options;
  const { certificates, selfSignedFolder } = options.config.tls;
  const startUp = startUpOf(
    {
      version,
      listeners: server.listeners,
      workers,
      ...(dashboard !== undefined && { dashboard }),
      media: { flv: options.config.http.flv.enabled === "on", hls: options.config.http.hls.enabled === "on" },
      ...(certificates.length === 0 &&
        selfSignedFolder !== undefined && { selfSignedCertificate: join(selfSignedFolder, CERTIFICATE_NAME) }),
      ...(beside && { demoKey: beside.key }),
    },
    networkAddresses(),
  );
  return json ? startUpJson(startUp) : describeStartUp(startUp, styleFor(stdout));
}

/** Why it was rejected; undefined where it was not. */
async function failureOf(promise: Promise<void>): Promise<unknown> {
  try {
    await promise;
    return undefined;
  } catch (error) {
    return error ?? new Error("unknown");
  }
}

/** The first INT or TERM drains, the second ends at once, a third does not even wait for that. */
function untilStopped(
  server: RunnableServer,
  log: Log,
  context: CommandContext,
  stopBeside: () => Promise<void>,
): { readonly ended: Promise<ExitCode>; stopListening(): void } {
  const ended = Promise.withResolvers<ExitCode>();
  const fail = (error: unknown): void => {
    log.error({ err: error }, "the server did not stop in order");
    ended.resolve(ExitCode.Failed);
  };
  const stopListening = countStopSignals(context, (count) => {
    if (count === 1) {
      log.info({}, "stopping: connections may finish; a second signal cuts them");
      Promise.all([stopBeside(), server.drain()]).then(() => ended.resolve(ExitCode.Ok), fail);
    } else if (count === 2) {
      log.warn({}, "stopping at once");
      server.stop().then(() => ended.resolve(ExitCode.Failed), fail);
    } else {
      server.kill?.();
      ended.resolve(ExitCode.Failed);
    }
  });
  return { ended: ended.promise, stopListening };
}

/** HUP reads certificates and the API's token again. Whatever comes of it, the server goes on. Returns what ends that. */
function reloadAtHangUp(
  server: RunnableServer,
  log: Log,
  context: CommandContext,
  config: Config,
  reloadApi: () => void,
): () => void {
  const hasTls = hasCertificate(config);
  const hasToken = config.api.tokenFile !== undefined;
  return context.onSignal("SIGHUP", () => {
    if (hasToken) {
      try {
        reloadApi();
        log.info({}, "the API's token was read again");
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        log.error({ reason }, "the API's token could not be read again: the one before holds");
      }
    }
    server.reload().then(
      () => {
        if (hasTls) log.info({}, "the certificates were read again: new connections get them");
        else if (!hasToken) log.warn({}, "nothing to reload: restart to read the configuration again");
      },
      (error: unknown) => {
        const reason = error instanceof Error ? error.message : String(error);
        log.error({ reason }, "the certificates could not be read again: the server goes on with those that it has");
      },
    );
  });
}

function describeApiError(error: unknown): string {
  const reason = error instanceof Error ? error.message : String(error);
  return `the API could not start: ${reason} (on the command line: --api [host:]port, or --api off)`;
}

/** The error says what is wrong and what to do; the command line adds how. */
function describeStartError(error: unknown): string {
  const reason = error instanceof Error ? error.message : String(error);
  return reason.startsWith("cannot listen") ? `${reason} (on the command line: --listen [host:]port)` : reason;
}
