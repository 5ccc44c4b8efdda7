import type { Command } from "commander";
import { exitCodeHelp } from "./exit-code-help.ts";
import { collectMembers, parseLength } from "./option-values.ts";

/** A command that connects to a server: its own options come in front of those that all have. */
export function clientCommand(
  program: Command,
  usage: string,
  description: string,
  addOptions: (command: Command) => Command,
  examples: string,
): Command {
  const command = program
    .command(usage)
    .description(`${description.charAt(0).toUpperCase()}${description.slice(1)}.`)
    .summary(description)
    .allowExcessArguments(false);
  return addOptions(command)
    .optionsGroup("Connection:")
    .option("--app <name>", "the application, where the URL does not tell it from the key")
    .option("--tc-url <url>", "what the server is told that it was called")
    .option("--swf-url <url>", "the SWF file that a Flash Player would have loaded")
    .option("--page-url <url>", "the page that it would have been in")
    .option("--flash-version <text>", 'what is said of the client (default: "LNX 9,0,124,2")')
    .option("--connect-member <name=value>", "a further member of the connect command, as JSON or text", collectMembers)
    .option("--ca-file <file>", "a PEM file of authorities to trust instead of the system's")
    .option("--insecure", "accept any certificate")
    .option("--proxy <url>", "the HTTP proxy of rtmpt and ws (default: what the environment says)")
    .option("--no-proxy", "use none, whatever the environment says")
    .option("--timeout <time>", "for connecting, and for each answer, in seconds (default: 10)", parseLength)
    .optionsGroup("Output:")
    .option("--json", "one JSON object a line")
    .option("-q, --quiet", "tell errors and warnings only")
    .option("-v, --verbose", "tell what the connection does, too")
    .optionsGroup("Help:")
    .helpOption("-h, --help", "print this help")
    .addHelpText("after", `${examples}\n${URL_HELP}\n${exitCodeHelp()}`);
}

const URL_HELP = `URL: SCHEME://[USER:PASSWORD@]HOST[:PORT]/APP/KEY
  SCHEME is rtmp, rtmps, rtmpe, rtmpt, rtmpts, rtmpte, ws or wss.
  The command lines of librtmp work, too: "rtmp://host/app playpath=key live=1 swfUrl=..."
`;
