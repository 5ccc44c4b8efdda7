import { openSocket } from "../../src/transport/open-socket.ts";
import { openTransport } from "../../src/transport/open-transport.ts";
import { isTlsScheme, parseRtmpUrl, type RtmpUrl } from "../../src/transport/rtmp-url.ts";
import { answerQuestions } from "./child-program.ts";
import { DrainViewer } from "./drain-viewer.ts";
import { PollingTunnel } from "./polling-tunnel.ts";

/** The viewers of a measurement, in a process of their own. */
export type ViewersQuestions = {
  /** Answered when all of them get frames. */
  readonly open: {
    readonly details: { readonly url: string; readonly viewers: number; readonly pollDelayMs: number };
    readonly answer: undefined;
  };
  /** The RTMP bytes that each has got so far. Fails when one of them has lost its connection. */
  readonly receivedBytes: { readonly details: undefined; readonly answer: readonly number[] };
};

/** Connections that are opened at the same time. */
const OPENED_TOGETHER = 20;
const CONNECT_TIMEOUT_MS = 30_000;
const TLS = { insecure: true };

const viewers: DrainViewer[] = [];

answerQuestions<ViewersQuestions>({
  async open({ url, viewers: count, pollDelayMs }) {
    const target = parseRtmpUrl(url);
    while (viewers.length < count) {
      const missing = Math.min(OPENED_TOGETHER, count - viewers.length);
      const opened = await Promise.all(Array.from({ length: missing }, () => openViewer(target, pollDelayMs)));
      viewers.push(...opened);
    }
    return undefined;
  },

  receivedBytes() {
    for (const { failure } of viewers) if (failure !== undefined) throw new Error(`a viewer ended: ${failure}`);
    return viewers.map(({ receivedBytes }) => receivedBytes);
  },
});

async function openViewer(url: RtmpUrl, pollDelayMs: number): Promise<DrainViewer> {
  const { host, port, scheme } = url;
  const isTunnel = scheme === "rtmpt" || scheme === "rtmpts" || scheme === "rtmpte";
  const limits = { signal: AbortSignal.timeout(CONNECT_TIMEOUT_MS), timeoutMs: CONNECT_TIMEOUT_MS };
  const stream = isTunnel
    ? new PollingTunnel(await openSocket({ host, port, isSecure: isTlsScheme(scheme), tls: TLS }, limits), pollDelayMs)
    : await openTransport(url, { ...limits, tls: TLS, httpProxy: false });
  const viewer = new DrainViewer(stream, url);
  await viewer.playing;
  return viewer;
}
