import * as z from "zod";
import { CERTIFICATE_FORM, parseCertificateFiles } from "./config-certificate.ts";
import { LISTEN_FORM, parseListener } from "./config-listen.ts";
import { type AllowedSwf, parseAllowedSwf, SWF_FORM } from "./config-swf.ts";
import type { ReportProblem } from "./config-value.ts";
import {
  type CertificateFiles,
  DEFAULT_HLS_OPTIONS,
  DEFAULT_HTTP_FLV_OPTIONS,
  type HlsOptions,
  type ListenAddress,
} from "./options.ts";

/** `tls` of the configuration: there is TLS only with a certificate or a folder. */
export type TlsConfig = {
  readonly certificates: readonly CertificateFiles[];
  readonly selfSignedFolder?: string | undefined;
  readonly minVersion: "TLSv1.2" | "TLSv1.3";
  readonly maxVersion: "TLSv1.2" | "TLSv1.3";
};

/** Of all that comes by HTTP. */
export type HttpConfig = {
  /** None: every page may connect. */
  readonly allowedOrigins: readonly string[];
  readonly publicHost?: string | undefined;
  readonly flv: { readonly enabled: "on" | "off"; readonly publish: "on" | "off"; readonly waitMs: number };
  readonly hls: { readonly enabled: "on" | "off" } & HlsOptions;
};

export type RtmpeConfig = { readonly type: "as-asked" | "6" | "8" | "9" };

/** Players are asked only if a file is allowed. */
export type SwfVerificationConfig = { readonly allowed: readonly AllowedSwf[] };

/** What an issue of a value with a form of its own carries. */
export type IssueParameters = { readonly reason?: string; readonly isUnknownMember?: boolean };

/** One item of a list, read by a function of ours, which knows more to say than a schema. */
const item = <T>(parse: (value: unknown, report: ReportProblem) => T | undefined) =>
  z.unknown().transform((value, context): T => {
    const parsed = parse(value, ({ path = [], reason, isUnknownMember }) => {
      const params: IssueParameters = { ...(reason && { reason }), ...(isUnknownMember && { isUnknownMember }) };
      context.addIssue({ code: "custom", path: [...path], params });
    });
    return parsed ?? z.NEVER;
  });

export const listen: z.ZodType<readonly ListenAddress[]> = z
  .array(item<ListenAddress>(parseListener))
  .min(1)
  .superRefine((listeners, context) => {
    const taken = new Set<string>();
    for (const [index, { host, port }] of listeners.entries()) {
      const place = `${host.toLowerCase()} ${port}`;
      const params: IssueParameters = { reason: "another listener has this host and port" };
      if (port !== 0 && taken.has(place)) context.addIssue({ code: "custom", path: [index], params });
      taken.add(place);
    }
  })
  .prefault(["1935"])
  .meta({
    form: LISTEN_FORM,
    exampleTexts: ["1935", "'[::1]:1935'", "rtmps://:443"],
    description:
      "Where connections are taken, and which ways in each place has: see [Listeners](#listeners). Its older name is `rtmp`.",
  });

export const tls: z.ZodType<TlsConfig> = z
  .strictObject({
    certificates: z
      .array(item<CertificateFiles>(parseCertificateFiles))
      .prefault([])
      .meta({
        form: CERTIFICATE_FORM,
        exampleTexts: ["live.pem:live-key.pem", "both.pem"],
        description:
          "Certificates with their chains, and their private keys, as PEM files; one file may hold both. Clients that name a host get the one made for it, all others the first. HUP reads them again.",
      }),
    selfSignedFolder: z.string().min(1).optional().meta({
      form: "the path of a folder",
      exampleTexts: [],
      description:
        "Where a self-signed certificate is kept: it is made there at the first start, and used if no other fits better.",
    }),
    minVersion: z.enum(["TLSv1.2", "TLSv1.3"]).default("TLSv1.2").describe("The oldest version of TLS that is spoken."),
    maxVersion: z
      .enum(["TLSv1.2", "TLSv1.3"])
      .default("TLSv1.3")
      .describe(
        "The newest version of TLS that is spoken. `TLSv1.2` lets clients in that break at TLS 1.3: see [interop.md](interop.md).",
      ),
  })
  .prefault({})
  .describe(
    "What RTMPS, RTMPTS and wss need. Without a certificate and a folder there is no TLS, and listeners take the other ways in.",
  );

export const http: z.ZodType<HttpConfig> = z
  .strictObject({
    allowedOrigins: z
      .array(z.string().refine(isOrigin))
      .prefault([])
      .meta({
        form: "the origin of a page",
        exampleTexts: ["https://example.org", "http://localhost:8080"],
        description:
          "The web pages that may open WebSockets, publish, and read what is served; none: every page. Programs have no origin, and may.",
      }),
    publicHost: z.string().min(1).optional().meta({
      form: "a host name or an address",
      exampleTexts: [],
      description:
        "This server's own name, for clients of RTMPT that ask for it, as Flash does: they send all requests of their session there, where one name stands for several servers.",
    }),
    flv: z
      .strictObject({
        enabled: z
          .enum(["on", "off"])
          .default("on")
          .describe(
            "Whether broadcasts are served, and taken, as FLV: `http://host/app/key.flv`, `ws://host/app/key.flv`.",
          ),
        publish: z.enum(["on", "off"]).default("on").describe("Whether POST and PUT of FLV publish."),
        waitMs: z
          .int()
          .min(0)
          .max(600_000)
          .default(DEFAULT_HTTP_FLV_OPTIONS.waitMs)
          .describe("How long a viewer of FLV waits for a broadcast that nobody publishes yet, before it is told so."),
      })
      .prefault({}),
    hls: z
      .strictObject({
        enabled: z
          .enum(["on", "off"])
          .default("on")
          .describe("Whether broadcasts are served as HLS and Low-Latency HLS: `http://host/app/key/index.m3u8`."),
        start: z
          .enum(["on-demand", "always"])
          .default(DEFAULT_HLS_OPTIONS.start)
          .describe(
            "Whether a broadcast is cut into segments once somebody asks for it, or as soon as it is published: the first viewer waits less then.",
          ),
        segmentMs: z
          .int()
          .min(500)
          .max(60_000)
          .default(DEFAULT_HLS_OPTIONS.segmentMs)
          .describe(
            "How long segments of HLS shall be. They end at keyframes, so they are longer where these are rarer.",
          ),
        partMs: z
          .int()
          .min(100)
          .max(5_000)
          .default(DEFAULT_HLS_OPTIONS.partMs)
          .describe(
            "How long parts of segments are, or a quarter longer or shorter, where that fits better: shorter ones bring viewers nearer to the publisher, and cost more requests.",
          ),
        segments: z
          .int()
          .min(3)
          .max(1_000)
          .default(DEFAULT_HLS_OPTIONS.segments)
          .describe("How many whole segments a playlist of HLS names."),
        idleMs: z
          .int()
          .min(1_000)
          .max(86_400_000)
          .default(DEFAULT_HLS_OPTIONS.idleMs)
          .describe("How long after the last request a broadcast is cut into segments on, where that began on demand."),
        maxBytes: z
          .int()
          .min(1024 * 1024)
          .max(64 * 1024 * 1024 * 1024)
          .default(DEFAULT_HLS_OPTIONS.maxBytes)
          .describe("The most bytes of media kept in memory for HLS of one broadcast: fewer segments are named then."),
        sessionMs: z
          .int()
          .min(1_000)
          .max(3_600_000)
          .default(DEFAULT_HLS_OPTIONS.sessionMs)
          .describe("Without any request for so long, a viewer of HLS has left."),
        maxSessionRequests: z
          .int()
          .min(4)
          .max(1_000)
          .default(DEFAULT_HLS_OPTIONS.maxSessionRequests)
          .describe("Requests of one viewer of HLS that wait, or whose answers are not read."),
        takeMs: z
          .int()
          .min(1_000)
          .max(3_600_000)
          .default(DEFAULT_HLS_OPTIONS.takeMs)
          .describe("How long a viewer of HLS may take to read one answer."),
        folder: z.string().min(1).optional().meta({
          form: "the path of a folder",
          exampleTexts: [],
          description:
            "Where whole segments of HLS are kept instead of in memory; they are removed when no playlist names them any more.",
        }),
      })
      .prefault({}),
  })
  .prefault({})
  .describe("What concerns HTTP and WebSockets, with TLS and without.");

/** Written as browsers send it, for it is compared as text. */
function isOrigin(text: string): boolean {
  if (!URL.canParse(text)) return text === "null";
  const { protocol, origin } = new URL(text);
  return protocol === "http:" || protocol === "https:" ? origin === text : /^[^/]+:\/\/[^/?#]+$/.test(text);
}

export const rtmpe: z.ZodType<RtmpeConfig> = z
  .strictObject({
    type: z
      .enum(["as-asked", "6", "8", "9"])
      .default("as-asked")
      .describe(
        "The kind of handshake that is answered: the one that the client asks for, or always 6, 8 (XTEA) or 9 (Blowfish).",
      ),
  })
  .prefault({})
  .describe("RTMPE is obsolete, and no protection against anybody between client and server. Use RTMPS.");

export const swfVerification: z.ZodType<SwfVerificationConfig> = z
  .strictObject({
    allowed: z
      .array(item<AllowedSwf>(parseAllowedSwf))
      .prefault([])
      .meta({
        form: SWF_FORM,
        exampleTexts: ["player.swf"],
        description:
          "The files that players must prove to run; none: nobody is asked. The hash is HMAC-SHA-256 of the decompressed file with Flash Player's key, the size is its length then: what `rtmpdump` takes as `--swfhash` and `--swfsize`.",
      }),
  })
  .prefault({})
  .describe(
    "Asks players of Flash to prove what they run. Key and algorithm are public: it keeps nobody out who wants to get in.",
  );
