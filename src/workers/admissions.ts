export type AdmissionLimits = {
  /** Connections of all workers together. */
  readonly maxConnections: number;
  /** Of these, from one network; 0 = no limit. */
  readonly maxConnectionsPerAddress: number;
};

/** The connections of a server that runs in several processes, counted by network and by worker. */
export class Admissions {
  readonly #limits: AdmissionLimits;
  readonly #byNetwork = new Map<string, number>();
  readonly #byWorker = new Map<number, Map<string, number>>();
  #size = 0;

  constructor(limits: AdmissionLimits) {
    this.#limits = limits;
  }

  get size(): number {
    return this.#size;
  }

  /** Counts one more connection, or says in words why not. */
  admit(worker: number, network: string): string | undefined {
    const { maxConnections, maxConnectionsPerAddress } = this.#limits;
    if (this.#size >= maxConnections) return `limits.maxConnections is ${maxConnections}`;
    const fromNetwork = this.#byNetwork.get(network) ?? 0;
    if (maxConnectionsPerAddress > 0 && fromNetwork >= maxConnectionsPerAddress) {
      return `limits.maxConnectionsPerAddress is ${maxConnectionsPerAddress}`;
    }
    this.#size++;
    this.#byNetwork.set(network, fromNetwork + 1);
    const ofWorker = this.#byWorker.get(worker) ?? new Map<string, number>();
    this.#byWorker.set(worker, ofWorker.set(network, (ofWorker.get(network) ?? 0) + 1));
    return undefined;
  }

  /** A connection has ended. One that was not admitted there is not counted. */
  left(worker: number, network: string): void {
    const ofWorker = this.#byWorker.get(worker);
    if (ofWorker?.has(network) !== true) return;
    takeFrom(ofWorker, network, 1);
    this.#giveBack(network, 1);
  }

  /** A worker has died, and its connections with it. */
  remove(worker: number): void {
    for (const [network, count] of this.#byWorker.get(worker) ?? []) this.#giveBack(network, count);
    this.#byWorker.delete(worker);
  }

  #giveBack(network: string, count: number): void {
    this.#size -= count;
    takeFrom(this.#byNetwork, network, count);
  }
}

function takeFrom(counts: Map<string, number>, network: string, count: number): void {
  const left = (counts.get(network) ?? 0) - count;
  if (left > 0) counts.set(network, left);
  else counts.delete(network);
}
