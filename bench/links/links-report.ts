import { median } from "../support/statistics.ts";
import { textTable } from "../support/text-table.ts";
import type { AcceptWay } from "./accept-way.ts";
import { MESSAGES_PER_SECOND } from "./link-load.ts";
import type { LinkWay } from "./link-way.ts";
import type { AcceptFigures } from "./measure-accept.ts";
import type { LinkFigures } from "./measure-link.ts";

export type LinkResult = {
  readonly way: LinkWay;
  readonly broadcasts: number;
  readonly receivers: number;
  readonly seconds: number;
  readonly figures: LinkFigures;
};

/** Medians over the rounds; what the load itself costs is taken off. */
export type LinkSummary = {
  readonly way: LinkWay;
  readonly broadcasts: number;
  readonly receivers: number;
  /** Processor time of the sender for each message, which may go to several receivers, and of a receiver for each. */
  readonly sendMicroseconds: number;
  readonly receiveMicroseconds: number;
  /** Of all, for each gigabyte that a receiver got. */
  readonly cpuSecondsPerGigabyte: number;
  readonly delayP50Ms: number;
  readonly delayP99Ms: number;
  /** Of what 100 viewers of a broadcast cost, how much it costs to carry one to one more worker: 0.01 is one percent. */
  readonly shareOfServing: number;
};

export type AcceptResult = { readonly way: AcceptWay; readonly figures: AcceptFigures };

export type AcceptSummary = Omit<AcceptFigures, "waiting"> & {
  readonly way: AcceptWay;
  /** Of the connections that waited when a worker was killed, in all rounds: 0 to 1. */
  readonly answeredShare: number;
  readonly lostShare: number;
  readonly hangingShare: number;
};

/** `servingCosts` are processor seconds for each gigabyte delivered, `servedBytes` what is delivered in a second. */
export function summarizeLinks(
  results: readonly LinkResult[],
  servingCosts: readonly number[],
  servedBytes: number,
): LinkSummary[] {
  const servingCpu = (median(servingCosts) * servedBytes) / 1e9;
  const groups = Map.groupBy(results, ({ way, broadcasts, receivers }) => `${way} ${broadcasts} ${receivers}`);
  return [...groups.values()].flatMap((rounds) => {
    const [first] = rounds;
    if (first === undefined || first.way === "none") return [];
    const { way, broadcasts, receivers, seconds } = first;
    const load = groups.get(`none ${broadcasts} ${receivers}`) ?? [];
    const loadCpu = median(load.map(({ figures }) => figures.cpuSeconds));
    const loadSenderCpu = median(load.map(({ figures }) => figures.senderCpuSeconds));
    const middle = (figure: (figures: LinkFigures) => number): number =>
      median(rounds.map(({ figures }) => figure(figures)));
    const carriedCpu = middle(({ cpuSeconds }) => cpuSeconds) - loadCpu;
    return {
      way,
      broadcasts,
      receivers,
      sendMicroseconds: middle(
        ({ senderCpuSeconds, messages }) => ((senderCpuSeconds - loadSenderCpu) / messages) * 1e6,
      ),
      receiveMicroseconds: middle((figures) => (figures.receiverCpuSeconds / figures.receivedMessages) * 1e6),
      cpuSecondsPerGigabyte: middle(({ cpuSeconds, receivedBytes }) => (cpuSeconds - loadCpu) / (receivedBytes / 1e9)),
      delayP50Ms: middle(({ delayP50Ms }) => delayP50Ms),
      delayP99Ms: middle(({ delayP99Ms }) => delayP99Ms),
      shareOfServing: carriedCpu / seconds / broadcasts / receivers / servingCpu,
    };
  });
}

export function summarizeAccepts(results: readonly AcceptResult[]): AcceptSummary[] {
  return [...Map.groupBy(results, ({ way }) => way)].map(([way, rounds]) => {
    const middle = (figure: (figures: AcceptFigures) => number): number =>
      median(rounds.map(({ figures }) => figure(figures)));
    const waited = rounds.map(({ figures }) => figures.waiting);
    const total = (kind: "answered" | "lost" | "hanging"): number =>
      waited.reduce((sum, outcome) => sum + outcome[kind], 0);
    const all = total("answered") + total("lost") + total("hanging");
    return {
      way,
      connectionsPerSecond: middle(({ connectionsPerSecond }) => connectionsPerSecond),
      cpuMsPerConnection: middle(({ cpuMsPerConnection }) => cpuMsPerConnection),
      unevenness: middle(({ unevenness }) => unevenness),
      unevennessOneByOne: middle(({ unevennessOneByOne }) => unevennessOneByOne),
      chiSquare: middle(({ chiSquare }) => chiSquare),
      answeredShare: total("answered") / all,
      lostShare: total("lost") / all,
      hangingShare: total("hanging") / all,
    };
  });
}

export function linkTable(summaries: readonly LinkSummary[]): string {
  const titles = [
    "link",
    "broadcasts",
    "to",
    "µs/msg out",
    "µs/msg in",
    "CPU-s/GB",
    "p50 ms",
    "p99 ms",
    "of serving 100",
  ];
  const rows = summaries.map((summary) => [
    summary.way,
    `${summary.broadcasts}`,
    `${summary.receivers}`,
    summary.sendMicroseconds.toFixed(1),
    summary.receiveMicroseconds.toFixed(1),
    summary.cpuSecondsPerGigabyte.toFixed(2),
    summary.delayP50Ms.toFixed(2),
    summary.delayP99Ms.toFixed(2),
    percent(summary.shareOfServing),
  ]);
  return `A broadcast has ${MESSAGES_PER_SECOND} messages a second. What making them costs is taken off.\n\n${textTable(titles, rows)}`;
}

export function acceptTable(summaries: readonly AcceptSummary[]): string {
  const titles = [
    "accepting",
    "per second",
    "CPU-ms each",
    "busier/half",
    "χ²",
    "one by one",
    "answered",
    "lost",
    "hanging",
  ];
  const rows = summaries.map((summary) => [
    summary.way,
    summary.connectionsPerSecond.toFixed(0),
    summary.cpuMsPerConnection.toFixed(3),
    summary.unevenness.toFixed(2),
    summary.chiSquare.toFixed(1),
    summary.unevennessOneByOne.toFixed(2),
    percent(summary.answeredShare),
    percent(summary.lostShare),
    percent(summary.hangingShare),
  ]);
  return `The last three: connections that waited while one of two workers stood still, and was then killed.\n\n${textTable(titles, rows)}`;
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}
