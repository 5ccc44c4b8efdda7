import { type Signal, signal } from "@preact/signals";
import type { ServerSnapshot } from "../../src/server/snapshots.ts";
import type { Snapshot } from "./snapshot.ts";

/** Bits in a second, oldest first; as many as a small plot shows. */
export type Rates = readonly number[];

const MAX_RATES = 60;

export type ServerRates = { readonly received: Rates; readonly sent: Rates; readonly cpu: Rates };

/** Of the whole server; `cpu` as a share of one core. */
export const serverRates: Signal<ServerRates> = signal<ServerRates>({ received: [], sent: [], cpu: [] });

const byBroadcast = new Map<string, number[]>();

/** What came of one broadcast, by what its counters said in the last minute. */
export function broadcastRates(name: string): Rates {
  return byBroadcast.get(name) ?? [];
}

/** Takes the difference of two snapshots. Counters that step back belong to another server, or another broadcast. */
export function noteRates(before: Snapshot | undefined, after: Snapshot): void {
  const seconds = before === undefined ? 0 : after.server.uptimeSeconds - before.server.uptimeSeconds;
  if (before === undefined || seconds <= 0.2) return;
  noteServer(before.server, after.server, seconds);
  const bytesBefore = new Map(before.broadcasts.map(({ name, receivedBytes }) => [name, receivedBytes]));
  const names = new Set<string>();
  for (const { name, receivedBytes } of after.broadcasts) {
    names.add(name);
    const rates = byBroadcast.get(name) ?? [];
    const earlier = bytesBefore.get(name);
    if (earlier !== undefined && receivedBytes >= earlier) rates.push(((receivedBytes - earlier) * 8) / seconds);
    if (rates.length > MAX_RATES) rates.shift();
    byBroadcast.set(name, rates);
  }
  for (const name of byBroadcast.keys()) if (!names.has(name)) byBroadcast.delete(name);
}

function noteServer(before: ServerSnapshot, after: ServerSnapshot, seconds: number): void {
  const { received, sent, cpu } = serverRates.value;
  const bits = (from: number, to: number): number => (Math.max(0, to - from) * 8) / seconds;
  const add = (rates: Rates, rate: number): Rates => [...rates, rate].slice(-MAX_RATES);
  serverRates.value = {
    received: add(received, bits(before.receivedBytes, after.receivedBytes)),
    sent: add(sent, bits(before.sentBytes, after.sentBytes)),
    cpu: add(cpu, Math.max(0, after.cpuSeconds - before.cpuSeconds) / seconds),
  };
}
