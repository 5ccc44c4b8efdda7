import * as z from "zod";
import { parseListenAddress } from "./config-listen.ts";

/** `api` of the configuration. */
export type ApiConfig = {
  /** Undefined: 127.0.0.1:8081, or the next port that is free. */
  readonly listen?: { readonly host: string; readonly port: number } | "off" | undefined;
  readonly token?: string | undefined;
  readonly tokenFile?: string | undefined;
  readonly allowedHosts: readonly string[];
  readonly maxBroadcastMetrics: number;
};

const LISTEN_FORM = "[host:]port, or off";

export const api: z.ZodType<ApiConfig> = z
  .strictObject({
    listen: z
      .string()
      .transform((text, context) => {
        const listen = parseApiListen(text);
        if (listen === undefined) context.addIssue({ code: "custom" });
        return listen ?? z.NEVER;
      })
      .optional()
      .meta({
        form: LISTEN_FORM,
        exampleTexts: [],
        description:
          "Where the dashboard, the API and the metrics are. Without a host: this machine only. Unless it is set: 127.0.0.1:8081, or the next port that is free. On any other address than loopback a token is needed.",
      }),
    token: z.string().optional().meta({
      form: "16 characters or more",
      exampleTexts: [],
      description: "What whoever looks after the server must know. A file is better: it shows in no list of processes.",
    }),
    tokenFile: z.string().min(1).optional().meta({
      form: "the path of a file",
      exampleTexts: [],
      description: "A file with the token. HUP reads it again: whoever has signed in must do so again.",
    }),
    allowedHosts: z
      .array(z.string().regex(/^[A-Za-z0-9._-]+$/))
      .prefault([])
      .meta({
        form: "a host name",
        exampleTexts: ["media.example.org"],
        description:
          "Names under which browsers may ask where there is no token, beside localhost and addresses of loopback: those of a proxy before it.",
      }),
    maxBroadcastMetrics: z
      .int()
      .min(0)
      .max(10_000)
      .default(0)
      .describe("How many broadcasts have metrics of their own; all others are one, `other`. 0: none has."),
  })
  .prefault({})
  .describe("The dashboard, the REST API and the metrics: see [api.md](api.md).");

/** Reads `8081`, `:8081`, `0.0.0.0:8081`, `[::]:8081` or `off`. Without a host it is this machine. */
export function parseApiListen(text: string): ApiConfig["listen"] {
  if (text.trim().toLowerCase() === "off") return "off";
  const address = parseListenAddress(text);
  if (address === undefined) return undefined;
  return { host: /^:?\d+$/.test(text.trim()) ? "127.0.0.1" : address.host, port: address.port };
}
