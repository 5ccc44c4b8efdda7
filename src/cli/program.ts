import { Command, Option } from "commander";
import { CONFIG_KEYS } from "../server/config-keys.ts";
import { callCommand } from "./call/call-command.ts";
import type { CommandContext } from "./context.ts";
import { demo } from "./demo.ts";
import { exitCodeHelp } from "./exit-code-help.ts";
import type { ExitCode } from "./exit-codes.ts";
import { collect } from "./option-values.ts";
import { playCommand } from "./play/play-command.ts";
import { probeCommand } from "./probe/probe-command.ts";
import { publishCommand } from "./publish/publish-command.ts";
import { type ServeOptions, serve } from "./serve.ts";

/** The command line. `onExitCode` gets what the command that ran answers with. */
export function createProgram(context: CommandContext, onExitCode: (code: ExitCode) => void): Command {
  const program = new Command("millrace")
    .description("RTMP media server and toolkit.")
    .version(`millrace ${context.version}`, "-V, --version", "print the version")
    .helpOption("-h, --help", "print this help")
    .showHelpAfterError("(millrace --help shows what there is)")
    .configureOutput({
      writeOut: (text) => context.stdout.write(text),
      writeErr: (text) => context.stderr.write(text),
      getOutHasColors: () => context.stdout.hasColors,
      getErrHasColors: () => context.stderr.hasColors,
    })
    .exitOverride()
    .addHelpText("after", `${PROGRAM_EXAMPLES}\n${exitCodeHelp()}`);
  program.commandsGroup("Servers:");
  serverCommand(program, "serve", "run a server; the same as millrace without a command", SERVE_EXAMPLES).action(
    async (options: ServeOptions) => onExitCode(await serve(options, context)),
  );
  serverCommand(program, "demo", "run a server and publish a clip to it, over and over", DEMO_EXAMPLES).action(
    async (options: ServeOptions) => onExitCode(await demo(options, context)),
  );
  program.commandsGroup("Clients:");
  addClients(program, context, onExitCode);
  return program.commandsGroup("Help:").helpCommand("help [command]", "print the help of a command");
}

/** Each is loaded when it is run: help comes at once. */
function addClients(program: Command, context: CommandContext, onExitCode: (code: ExitCode) => void): void {
  publishCommand(program, async (file, url, options) => {
    const { publish } = await import("./publish/publish.ts");
    onExitCode(await publish(file, url, options, context));
  });
  playCommand(program, async (url, options) => {
    const { play } = await import("./play/play.ts");
    onExitCode(await play(url, options, context));
  });
  callCommand(program, async (url, method, args = [], options) => {
    const { call } = await import("./call/call.ts");
    onExitCode(await call(url, method, args, options, context));
  });
  probeCommand(program, async (url, options) => {
    const { probe } = await import("./probe/probe.ts");
    onExitCode(await probe(url, options, context));
  });
}

function serverCommand(program: Command, name: string, description: string, examples: string): Command {
  return program
    .command(name)
    .description(`${description.charAt(0).toUpperCase()}${description.slice(1)}.`)
    .summary(description)
    .allowExcessArguments(false)
    .optionsGroup("Listeners:")
    .option("--listen <address>", LISTEN_HELP, collect)
    .option("--rtmp <address>", "the older name of --listen", collect)
    .option("--tls <certificate[:key]>", "PEM files for rtmps, rtmpts and wss; may be repeated", collect)
    .option("--tls-self-signed <folder>", "make a certificate there at the first start, and use it")
    .option("--workers <n>", "processes to share the work: a number, or auto for one a core (default: 1)")
    .optionsGroup("Dashboard, API and metrics:")
    .option("--api <address>", "[host:]port for them, or off (default: 127.0.0.1:8081, or the next that is free)")
    .option("--api-token-file <file>", "holds the token that they need; always needed beyond this machine")
    .optionsGroup("Configuration:")
    .option("--config <file>", "read settings from a YAML or JSON file")
    .option("--set <key=value>", "set one key of docs/config.md; may be repeated", collect)
    .option("--check", "check the configuration and exit: 0 if it is good, 78 if not")
    .optionsGroup("Output:")
    .addOption(new Option("--log-level <level>", "the least important lines to log").choices(LOG_LEVELS))
    .option("--json", "one JSON object a line: start-up on stdout, log on stderr")
    .optionsGroup("Help:")
    .helpOption("-h, --help", "print this help")
    .addHelpText("after", `${examples}\n${SOURCES_HELP}\n${exitCodeHelp()}`);
}

const LISTEN_HELP = "[way://][host:]port to take connections on; may be repeated (default: 1935, for every way)";

const LOG_LEVELS = CONFIG_KEYS.get("log.level")?.choices ?? [];

const PROGRAM_EXAMPLES = `
Examples:
  millrace                        run a server on port 1935
  millrace demo                   the same, with a picture in it
  millrace serve --listen :2935   run it on another port
  millrace publish clip.mp4 rtmp://127.0.0.1/live/test
  millrace play rtmp://127.0.0.1/live/test -o clip.flv
  millrace probe rtmp://127.0.0.1/live/test
  millrace help serve             all about one command
`;

const SERVE_EXAMPLES = `
Examples:
  millrace serve
  millrace serve --listen 127.0.0.1:1935 --listen '[::1]:1935'
  millrace serve --tls-self-signed tls
  millrace serve --listen 1935 --listen rtmps+wss://:443 --tls live.pem:live-key.pem
  millrace serve --workers auto
  millrace serve --api 0.0.0.0:8081 --api-token-file token
  millrace serve --config millrace.yml --check
  millrace serve --set publish.busyName=refuse --set publish.graceMs=0
  MILLRACE_LISTEN=1935,127.0.0.1:2935 MILLRACE_PUBLISH_BUSY_NAME=refuse millrace serve
`;

const DEMO_EXAMPLES = `
Examples:
  millrace demo
  millrace demo --listen 127.0.0.1:2935
`;

const SOURCES_HELP = `Settings are taken from, the first that has one:
  1. the command line
  2. the environment: publish.busyName is MILLRACE_PUBLISH_BUSY_NAME; MILLRACE_CONFIG names the file
  3. the file of --config
  4. the defaults
docs/config.md lists all keys, and the ways: rtmp, rtmps, rtmpe, rtmpt, rtmpts, rtmpte, ws, wss.
`;
