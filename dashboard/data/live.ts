import { computed, signal } from "@preact/signals";
import type { BroadcastSnapshot, MonitorEvent } from "../../src/server/snapshots.ts";
import { ApiError, apiUrl, getJson, needsLogin, readSession } from "./api.ts";
import { backOffMs } from "./back-off.ts";
import { noteRates } from "./rates.ts";
import type { Snapshot } from "./snapshot.ts";

/** `lost` until something comes again, however often it was tried. */
export type LinkState = "connecting" | "live" | "lost";

/** As many events as the page keeps. */
const MAX_EVENTS = 1000;
const LIST_EVERY_MS = 10_000;
/** Pages of the list of broadcasts that are asked for: beyond, people have other tools. */
const MAX_PAGES = 5;
const PAGE_LIMIT = 1000;
/** Snapshots come once a second: after this long without one the connection counts as lost. */
const SILENCE_MS = 6000;

export const snapshot = signal<Snapshot | undefined>(undefined);
export const events = signal<readonly MonitorEvent[]>([]);
export const link = signal<LinkState>("connecting");
export const server = computed(() => snapshot.value?.server);

/** Of very many broadcasts the stream carries only the main ones; these were asked for, and are some seconds old. */
const listed = signal<readonly BroadcastSnapshot[]>([]);

const broadcastsByName = computed(() => {
  const streamed = snapshot.value?.broadcasts ?? [];
  const isWhole = streamed.length >= (snapshot.value?.total ?? 0);
  return new Map([...(isWhole ? [] : listed.value), ...streamed].map((broadcast) => [broadcast.name, broadcast]));
});

export const broadcasts = computed(() => [...broadcastsByName.value.values()]);

/** The time of day by the server's own clock, at the newest snapshot. */
export const serverNowMs = computed(() => {
  const current = server.value;
  return current === undefined ? Date.now() : current.startedAtMs + current.uptimeSeconds * 1000;
});

export function findBroadcast(name: string): BroadcastSnapshot | undefined {
  return broadcastsByName.value.get(name);
}

let source: EventSource | undefined;
let failures = 0;
let retryTimer: number | undefined;
let silenceTimer: number | undefined;

/** Opens the stream, unless the browser has to sign in first, and keeps it open from now on. */
export function startLive(): void {
  void readSession().then(() => {
    if (!needsLogin.value) openLive();
  });
  setInterval(() => void listBroadcasts(), LIST_EVERY_MS);
  addEventListener("online", retryNow);
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) retryNow();
  });
  addEventListener("pagehide", closeLive);
  addEventListener("pageshow", (event) => {
    if (event.persisted) openLive();
  });
}

/** Does not wait for the next try. */
export function retryNow(): void {
  if (link.value === "lost") openLive();
}

/** Opens the stream now, as after signing in. */
export function openLive(): void {
  closeLive();
  const opened = new EventSource(apiUrl("/stream"));
  source = opened;
  opened.addEventListener("snapshot", (event: MessageEvent<string>) =>
    takeSnapshot(JSON.parse(event.data) as Snapshot),
  );
  opened.addEventListener("event", (event: MessageEvent<string>) =>
    addEvents([JSON.parse(event.data) as MonitorEvent]),
  );
  opened.addEventListener("error", () => lose(opened));
  listenForSilence();
}

/** Until it is opened again. */
export function closeLive(): void {
  source?.close();
  source = undefined;
  clearTimeout(retryTimer);
  clearTimeout(silenceTimer);
}

function takeSnapshot(taken: Snapshot): void {
  const isFirst = link.value !== "live";
  noteRates(snapshot.value, taken);
  snapshot.value = taken;
  listenForSilence();
  if (!isFirst) return;
  failures = 0;
  needsLogin.value = false;
  link.value = "live";
  void catchUp();
  void listBroadcasts();
}

/** What happened before the stream was there. */
async function catchUp(): Promise<void> {
  try {
    addEvents((await getJson<{ readonly items: readonly MonitorEvent[] }>(`/events?limit=${MAX_EVENTS}`)).items);
  } catch {
    // The stream tells whether the server is there: the list only adds what came before.
  }
}

/** Those that the stream leaves out. */
async function listBroadcasts(): Promise<void> {
  const { total = 0, broadcasts: streamed = [] } = snapshot.peek() ?? {};
  if (total <= streamed.length || document.hidden || link.peek() !== "live") return;
  const all: BroadcastSnapshot[] = [];
  try {
    let cursor: string | undefined = "";
    for (let page = 0; page < MAX_PAGES && cursor !== undefined; page++) {
      const after: string = cursor === "" ? "" : `&cursor=${encodeURIComponent(cursor)}`;
      const body: BroadcastPage = await getJson<BroadcastPage>(`/broadcasts?limit=${PAGE_LIMIT}${after}`);
      all.push(...body.items);
      cursor = body.nextCursor;
    }
    listed.value = all;
  } catch {
    // The next time is soon, and the stream tells whether the server is there.
  }
}

type BroadcastPage = { readonly items: readonly BroadcastSnapshot[]; readonly nextCursor?: string };

function addEvents(added: readonly MonitorEvent[]): void {
  // A server that was started again counts from the beginning: the time tells its events apart.
  const known = new Map([...events.peek(), ...added].map((event) => [`${event.atMs} ${event.id}`, event]));
  events.value = [...known.values()]
    .sort((left, right) => left.atMs - right.atMs || left.id - right.id)
    .slice(-MAX_EVENTS);
}

function listenForSilence(): void {
  clearTimeout(silenceTimer);
  silenceTimer = setTimeout(() => {
    if (source !== undefined) lose(source);
  }, SILENCE_MS);
}

function lose(lost: EventSource): void {
  if (lost !== source) return;
  closeLive();
  link.value = "lost";
  retryTimer = setTimeout(openLive, backOffMs(failures++, Math.random()));
  void askWhy();
}

/** An event source does not tell a refusal from a server that is gone. */
async function askWhy(): Promise<void> {
  try {
    await getJson("/server");
  } catch (error) {
    if (error instanceof ApiError && error.status === 401) closeLive();
  }
}
