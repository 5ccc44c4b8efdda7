import type { Command } from "commander";
import type { AmfEncodable } from "../../formats/amf/amf-value.ts";
import { clientCommand } from "../client-command.ts";
import { collectValues } from "../option-values.ts";
import type { CallCommandOptions } from "./call.ts";

/** Adds `millrace call`. */
export function callCommand(
  program: Command,
  run: (
    url: string,
    method: string | undefined,
    args: readonly AmfEncodable[] | undefined,
    options: CallCommandOptions,
  ) => Promise<void>,
): void {
  clientCommand(program, "call", "call a method of an application on a server", addOptions, EXAMPLES)
    .argument("<url>", "the application: its whole path")
    .argument("[method]", "the method's name")
    .argument("[args...]", "its arguments: JSON values; what is no JSON is text", collectValues)
    .action(run);
}

function addOptions(command: Command): Command {
  return command
    .optionsGroup("The call:")
    .option("--notify", "want no answer")
    .option("--amf3", "speak AMF3 where the server does")
    .option("--connect-arg <value>", "an argument of connect, as JSON or text; may be repeated", collectValues)
    .option("--listen", "stay, and print each call of the server as a line of JSON");
}

const EXAMPLES = `
The result is JSON on standard output. An _error is JSON on standard error, and the exit code is 1.

Examples:
  millrace call rtmp://127.0.0.1/calculator add 1 2
  millrace call rtmp://127.0.0.1/chat/lobby say '{"text": "hello"}' --connect-arg anna
  millrace call rtmp://127.0.0.1/chat/lobby --listen
`;
