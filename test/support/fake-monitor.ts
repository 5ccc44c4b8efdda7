import type {
  BroadcastSnapshot,
  ConnectionSnapshot,
  MonitorEvent,
  ServerMonitor,
  ServerSnapshot,
  ViewingSnapshot,
} from "../../src/server/snapshots.ts";

export type FakeMonitor = ServerMonitor & {
  state: {
    server: ServerSnapshot;
    broadcasts: BroadcastSnapshot[];
    connections: ConnectionSnapshot[];
  };
  /** What was ended, in order. */
  readonly kicked: string[];
  /** How often each list was made. */
  readonly made: { server: number; broadcasts: number; connections: number };
  readonly listenerCount: number;
  tell(event: Partial<MonitorEvent>): void;
};

const STARTED_AT_MS = Date.UTC(2026, 10, 20, 12);

export function serverSnapshot(more: Partial<ServerSnapshot> = {}): ServerSnapshot {
  return {
    version: "1.2.3",
    startedAtMs: STARTED_AT_MS,
    uptimeSeconds: 60,
    workers: 1,
    waysIn: [{ scheme: "rtmp", port: 1935 }],
    connections: 2,
    publishers: 1,
    viewers: 1,
    broadcasts: 1,
    receivedBytes: 1_000_000,
    sentBytes: 900_000,
    cpuSeconds: 1.5,
    residentBytes: 80_000_000,
    eventLoopDelayMs: { p50: 0.5, p99: 4 },
    refusals: { "timeout.handshake": 2, "publish-refused": 1 },
    ...more,
  };
}

export function broadcastSnapshot(name: string, more: Partial<BroadcastSnapshot> = {}): BroadcastSnapshot {
  return {
    name,
    state: "live",
    liveSinceMs: STARTED_AT_MS + 1000,
    publisher: { connection: "1", protocol: "rtmp", remoteAddress: "192.0.2.7:50000", client: "FMLE/3.0" },
    tracks: [
      { kind: "video", trackId: 0, codec: "H.264", description: "H.264 High 3.1", width: 1280, height: 720 },
      { kind: "audio", trackId: 0, codec: "AAC", description: "AAC-LC", sampleRate: 48_000, channels: 2 },
    ],
    metadata: { encoder: "obs", nested: { numbers: [1, 2] } },
    health: {
      level: "warning",
      verdict: "keyframe every 10 s: set the keyframe interval to 2 s",
      findings: [{ code: "long-gop", level: "warning", text: "keyframe every 10 s", advice: "set it to 2 s" }],
      figures: {
        watchedMs: 30_000,
        videoBitrate: 2_500_000,
        audioBitrate: 128_000,
        frameRate: 30,
        gopMs: { least: 9900, mean: 10_000, most: 10_100 },
        timestampsBack: 0,
        timestampGaps: 0,
        timestampRepairs: 0,
        hasAcknowledged: true,
      },
    },
    viewers: { total: 1, byProtocol: { rtmp: 1 } },
    receivedBytes: 1_000_000,
    receivedMessages: 3000,
    sentBytes: 900_000,
    heldBytes: 500_000,
    publications: 1,
    returns: 0,
    ...more,
  };
}

export function viewingSnapshot(broadcast: string, more: Partial<ViewingSnapshot> = {}): ViewingSnapshot {
  return {
    broadcast,
    lagMs: 120,
    lagBytes: 4000,
    isPaused: false,
    sentBytes: 900_000,
    droppedMessages: 0,
    skips: 0,
    ...more,
  };
}

export function connectionSnapshot(id: string, more: Partial<ConnectionSnapshot> = {}): ConnectionSnapshot {
  return {
    id,
    protocol: "rtmp",
    remoteAddress: "192.0.2.7:50000",
    client: "FMLE/3.0",
    app: "live",
    connectedAtMs: STARTED_AT_MS + Number(id),
    publishing: [],
    playing: [],
    receivedBytes: 1_000_000,
    sentBytes: 4000,
    unsentBytes: 0,
    roundTripMs: 12,
    ...more,
  };
}

/** One broadcast, `live/demo`, with its publisher 1 and its viewer 2. */
export function fakeMonitor(): FakeMonitor {
  const listeners = new Set<(event: MonitorEvent) => void>();
  const events: MonitorEvent[] = [];
  const monitor: FakeMonitor = {
    state: {
      server: serverSnapshot(),
      broadcasts: [broadcastSnapshot("live/demo")],
      connections: [
        connectionSnapshot("1", { publishing: ["live/demo"] }),
        connectionSnapshot("2", { client: "VLC", playing: [viewingSnapshot("live/demo")] }),
      ],
    },
    kicked: [],
    made: { server: 0, broadcasts: 0, connections: 0 },
    get listenerCount() {
      return listeners.size;
    },
    tell(event) {
      const told: MonitorEvent = {
        kind: "play",
        level: "info",
        text: "somebody watches",
        ...event,
        id: events.length + 1,
        atMs: STARTED_AT_MS,
      };
      events.push(told);
      for (const listener of listeners) listener(told);
    },
    async server() {
      monitor.made.server++;
      return monitor.state.server;
    },
    async broadcasts() {
      monitor.made.broadcasts++;
      return monitor.state.broadcasts;
    },
    async broadcast(name) {
      return monitor.state.broadcasts.find((broadcast) => broadcast.name === name);
    },
    async history() {
      return [{ atMs: STARTED_AT_MS, videoBitrate: 2_500_000, audioBitrate: 128_000, frameRate: 30, viewers: 1 }];
    },
    async connections() {
      monitor.made.connections++;
      return monitor.state.connections;
    },
    events: (afterId = 0) => events.filter(({ id }) => id > afterId),
    onEvent(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async kick(connection, reason) {
      const isThere = monitor.state.connections.some(({ id }) => id === connection);
      if (isThere) monitor.kicked.push(`${connection}: ${reason}`);
      monitor.state.connections = monitor.state.connections.filter(({ id }) => id !== connection);
      return isThere;
    },
    async kickPublisher(name, reason) {
      const isThere = monitor.state.broadcasts.some((broadcast) => broadcast.name === name);
      if (isThere) monitor.kicked.push(`${name}: ${reason}`);
      return isThere;
    },
  };
  return monitor;
}
