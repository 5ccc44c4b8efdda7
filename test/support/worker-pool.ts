import { createHash } from "node:crypto";
import { connect } from "node:net";
import { join } from "node:path";
import { type PlayStream, type PublishStream, playFrom, publishTo } from "../../src/client/index.ts";
import type { MediaServerOptions } from "../../src/server/options.ts";
import { socketStream } from "../../src/transport/socket-stream.ts";
import { Admissions } from "../../src/workers/admissions.ts";
import { DirectoryOfHomes } from "../../src/workers/directory-of-homes.ts";
import type { SupervisorMessage, WorkerMessage } from "../../src/workers/messages.ts";
import { createMembership } from "../../src/workers/worker-membership.ts";
import { type LiveServer, startLiveServer } from "./live-server.ts";
import type { CleanUp } from "./peer-process.ts";
import { temporaryFolder } from "./temporary-folder.ts";

/** Several servers of one process that are members of one pool, each on a port of its own. */
export type TestPool = {
  /** Counts from 1, as everywhere. */
  worker(number: number): LiveServer;
  readonly directory: DirectoryOfHomes;
  /** Where a worker takes links, or where one could. */
  linkOf(number: number): string;
  /** What the workers said, `1 claim live/key` and so on. */
  readonly said: readonly string[];
  /** Ends a worker at once; the supervisor hears of it. */
  kill(number: number): Promise<void>;
  /** Resolves when a worker has said that, from the start on. */
  until(saying: string): Promise<void>;
};

type PoolOptions = Omit<MediaServerOptions, "listen" | "log" | "pool">;

/** The supervisor's real rules, without processes: messages go by the event loop, as JSON would carry them. */
export async function startPool(owner: CleanUp, workers: number, options: PoolOptions = {}): Promise<TestPool> {
  const folder = temporaryFolder(owner);
  const linkOf = (worker: number): string => join(folder, `${worker}.link`);
  const receivers = new Map<number, (message: SupervisorMessage) => void>();
  const later = createLetterBox();
  const tell = (worker: number, message: SupervisorMessage): void => {
    const copy: SupervisorMessage = JSON.parse(JSON.stringify(message));
    later(() => receivers.get(worker)?.(copy));
  };
  const directory = new DirectoryOfHomes({ maxBroadcasts: 1000, yieldMs: 10_000, send: tell });
  const { maxConnections = 1000, maxConnectionsPerAddress = 0 } = options.limits ?? {};
  const admissions = new Admissions({ maxConnections, maxConnectionsPerAddress });
  const said: string[] = [];
  const looks = new Set<() => void>();
  const hear = (worker: number, message: WorkerMessage): void => {
    if (!receivers.has(worker)) return;
    said.push(`${worker} ${message.kind}${"name" in message ? ` ${message.name}` : ""}`);
    answer(worker, message, { directory, admissions, tell });
    for (const look of looks) look();
  };
  const servers: LiveServer[] = [];
  for (let worker = 1; worker <= workers; worker++) {
    const link = linkOf(worker);
    const start = { kind: "start", worker, link, sharing: "cluster", secret: "07".repeat(32) } as const;
    const membership = createMembership(start, {
      send: (message) => later(() => hear(worker, JSON.parse(JSON.stringify(message)))),
      listen: ({ onMessage }) => receivers.set(worker, onMessage),
    });
    servers.push(await startLiveServer(owner, { ...options, pool: membership.pool }));
    directory.add(worker, link);
  }
  const worker = (number: number): LiveServer => {
    const server = servers[number - 1];
    if (server === undefined) throw new Error(`there is no worker ${number}`);
    return server;
  };
  return {
    worker,
    directory,
    linkOf,
    said,
    async kill(number) {
      receivers.delete(number);
      await worker(number).server.stop();
      directory.remove(number, performance.now());
      admissions.remove(number);
    },
    until: (saying) => eventually(`"${saying}"`, looks, () => said.includes(saying)),
  };
}

/** What has come is delivered in one go, as between processes: no promise goes on in between. */
function createLetterBox(): (deliver: () => void) => void {
  let letters: (() => void)[] = [];
  return (deliver) => {
    if (letters.push(deliver) > 1) return;
    setImmediate(() => {
      const come = letters;
      letters = [];
      for (const letter of come) letter();
    });
  };
}

type Truth = {
  readonly directory: DirectoryOfHomes;
  readonly admissions: Admissions;
  tell(worker: number, message: SupervisorMessage): void;
};

function answer(worker: number, message: WorkerMessage, { directory, admissions, tell }: Truth): void {
  const nowMs = performance.now();
  switch (message.kind) {
    case "admit": {
      const refusal = admissions.admit(worker, message.network);
      return tell(worker, { kind: "answer", id: message.id, ...(refusal !== undefined && { refusal }) });
    }
    case "left":
      return admissions.left(worker, message.network);
    case "claim":
      return directory.claim(worker, message, nowMs);
    case "release":
      return directory.release(worker, message.name, message.claim, nowMs);
    case "watch":
      return directory.watch(worker, message.id, message.name);
    case "unwatch":
      return directory.unwatch(worker, message.name);
    case "yielded":
      return directory.yielded(worker, message, nowMs);
    default:
      return;
  }
}

/** What a client got, in order: `video 40 #1f3a…` for media, and the codes of what it was told. */
export type Watcher = {
  readonly stream: PlayStream;
  readonly events: readonly string[];
  until(what: string, isThere: (events: readonly string[]) => boolean): Promise<void>;
  /** The same for one event. */
  untilEvent(event: string): Promise<void>;
  media(): readonly string[];
};

export async function watch(owner: CleanUp, live: LiveServer, name = "live/key"): Promise<Watcher> {
  const events: string[] = [];
  const looks = new Set<() => void>();
  const note = (event: string): void => {
    events.push(event);
    for (const look of looks) look();
  };
  const stream = await playFrom(live.url(name), {
    play: { onStatus: ({ code }) => note(code.replace("NetStream.", "")) },
  });
  owner.after(() => stream.close());
  stream.onMessage(({ kind, timestamp, payload }) => note(mediaEvent(kind, timestamp, payload)));
  void stream.ended.then(({ description }) => note(`ended: ${description}`));
  const until: Watcher["until"] = (what, isThere) =>
    eventually(what, looks, () => isThere(events)).catch((error: Error) => {
      throw new Error(`${error.message}; there were:\n${events.join("\n")}`);
    });
  return {
    stream,
    events,
    until,
    untilEvent: (event) => until(event, (all) => all.includes(event)),
    media: () => events.filter((event) => event.includes("#")),
  };
}

export function mediaEvent(kind: string, timestamp: number, payload: Uint8Array): string {
  return `${kind} ${timestamp} #${createHash("sha256").update(payload).digest("hex").slice(0, 12)}`;
}

/** A client that publishes; it closes at the end of the test. */
export type TestPublisher = {
  readonly stream: PublishStream;
  /** Breaks its connection: the server is told nothing. */
  breakOff(): void;
};

export async function publish(owner: CleanUp, live: LiveServer, name = "live/key"): Promise<TestPublisher> {
  const socket = connect(live.port, "127.0.0.1");
  owner.after(async () => void socket.destroy());
  const stream = await publishTo(live.url(name), { stream: socketStream(socket) });
  return { stream, breakOff: () => void socket.resetAndDestroy() };
}

function eventually(what: string, looks: Set<() => void>, isThere: () => boolean): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (error?: Error): void => {
      clearTimeout(timer);
      looks.delete(look);
      if (error === undefined) resolve();
      else reject(error);
    };
    const look = (): void => {
      if (isThere()) settle();
    };
    const timer = setTimeout(() => settle(new Error(`${what} did not come in time`)), 20_000);
    looks.add(look);
    look();
  });
}
