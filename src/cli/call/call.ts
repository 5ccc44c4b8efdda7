import { encodeUtf8 } from "../../bytes/utf8.ts";
import { StatusError } from "../../client/status-error.ts";
import type { AmfEncodable, AmfValue } from "../../formats/amf/amf-value.ts";
import { type ClientConnection, openUnlessAborted } from "../client-functions.ts";
import type { CommandContext } from "../context.ts";
import { ExitCode } from "../exit-codes.ts";
import { unlessAborted } from "../interruptible.ts";
import { jsonValue, plainJson } from "../plain-json.ts";
import type { Reporter } from "../reporter.ts";
import { type ClientCommand, runClientCommand } from "../run-client-command.ts";
import { type ConnectionOptions, type OutputOptions, type Target, withReporter } from "../target.ts";

export type CallCommandOptions = ConnectionOptions &
  OutputOptions & {
    /** Do not wait for an answer. */
    readonly notify?: boolean;
    /** Keep the connection, and print what the server calls. */
    readonly listen?: boolean;
  };

/** `millrace call`: a method of an application on a server, with JSON in and out. */
export async function call(
  url: string,
  method: string | undefined,
  args: readonly AmfEncodable[],
  options: CallCommandOptions,
  context: CommandContext,
): Promise<ExitCode> {
  const command: ClientCommand = {
    url,
    options,
    hasKey: false,
    check() {
      if (method === undefined && options.listen !== true)
        throw new TypeError("the method is missing. Or listen: --listen");
    },
    run: (target, reporter, signal) => run(target, method, args, options, context, reporter, signal),
  };
  return await runClientCommand(command, context);
}

async function run(
  target: Target,
  method: string | undefined,
  args: readonly AmfEncodable[],
  options: CallCommandOptions,
  context: CommandContext,
  reporter: Reporter,
  signal: AbortSignal,
): Promise<ExitCode> {
  const gone = new AbortController();
  const print = (line: Readonly<Record<string, unknown>>): void => {
    // Whoever reads standard output has ended: so does the command, in order.
    context.byteOutput.write(encodeUtf8(`${JSON.stringify(line)}\n`)).catch(() => gone.abort());
  };
  const connection = await open(target, options, context, reporter, print, signal);
  if (connection === undefined) return ExitCode.Ok;
  try {
    const code =
      method === undefined ? ExitCode.Ok : await callOnce(connection, method, args, options, context, signal);
    if (options.listen !== true || code !== ExitCode.Ok) return code;
    reporter.note("listening to the server", "listening", { server: target.shown });
    const end = await unlessAborted(connection.closed, AbortSignal.any([signal, gone.signal]));
    if (end === undefined || end.kind === "server") return ExitCode.Ok;
    throw end.error ?? new Error(end.description);
  } finally {
    await connection.close();
  }
}

async function open(
  target: Target,
  { listen }: CallCommandOptions,
  { loadClient }: CommandContext,
  reporter: Reporter,
  print: (line: Readonly<Record<string, unknown>>) => void,
  signal: AbortSignal,
): Promise<ClientConnection | undefined> {
  const onCall = (name: string, values: readonly AmfValue[]): undefined => {
    print({ event: "call", method: name, args: values.map(jsonValue) });
  };
  const listening = {
    onCall,
    onStatus: ({ info }: { readonly info: AmfValue }) => print({ event: "status", status: jsonValue(info) }),
  };
  try {
    const connectOptions = { ...withReporter(target, reporter), ...(listen === true && listening) };
    const { connect } = await loadClient();
    return await openUnlessAborted(signal, (opening) => connect(target.url, { ...connectOptions, signal: opening }));
  } catch (error) {
    if (signal.aborted) return undefined;
    throw error;
  }
}

async function callOnce(
  connection: ClientConnection,
  method: string,
  args: readonly AmfEncodable[],
  { notify, json, listen }: CallCommandOptions,
  { stdout, stderr }: CommandContext,
  signal: AbortSignal,
): Promise<ExitCode> {
  if (notify === true) {
    connection.notify(method, ...args);
    return ExitCode.Ok;
  }
  try {
    const answer = await unlessAborted(
      connection.callWith({}, method, ...args).then((value) => ({ value })),
      signal,
    );
    if (answer === undefined) return ExitCode.Ok;
    const isForPeople = stdout.isTTY && json !== true && listen !== true;
    stdout.write(`${plainJson(answer.value, isForPeople)}\n`);
    return ExitCode.Ok;
  } catch (error) {
    if (!(error instanceof StatusError)) throw error;
    const { info, level, code, description } = error;
    stderr.write(
      `${info === null || info === undefined ? JSON.stringify({ level, code, description }) : plainJson(info)}\n`,
    );
    return ExitCode.Failed;
  }
}
