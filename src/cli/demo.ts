import { type Clip, readClip } from "./clip.ts";
import type { CommandContext } from "./context.ts";
import { ExitCode } from "./exit-codes.ts";
import { publishDemo } from "./publish-demo.ts";
import { type ServeOptions, serve } from "./serve.ts";
import { loopbackUrl } from "./server-urls.ts";

const DEMO_KEY = "demo";

/** `millrace demo`: a server and, by our own client, a clip in it, over and over. */
export async function demo(options: ServeOptions, context: CommandContext): Promise<ExitCode> {
  let clip: Clip;
  try {
    clip = readClip(context.readDemoClip());
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    context.stderr.write(`the demo's clip cannot be read: ${reason}\n`);
    return ExitCode.Failed;
  }
  return await serve(options, context, {
    key: DEMO_KEY,
    async run(listeners, log, signal) {
      const server = loopbackUrl(listeners);
      if (server === undefined) return;
      await publishDemo(`${server}/${DEMO_KEY}`, clip, context, log, signal);
    },
  });
}
