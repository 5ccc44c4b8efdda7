import { deepEqual, ok } from "node:assert/strict";
import { type TestContext, test } from "node:test";
import type { RtmpScheme } from "../../src/transport/rtmp-url.ts";
import { Attacker, type AttackerOptions } from "./attacker.ts";
import { HostileServer, type ServerOptions } from "./hostile-server.ts";
import { Neighbour } from "./neighbour.ts";
import type { Measurement } from "./server-process.ts";

const MIB = 1024 * 1024;
/** What a server may hold afterwards above what it held before: compiled code, and what the heap keeps for itself. */
const DEFAULT_BOUND_BYTES = 6 * MIB;

/** What an attack works with. */
export type Scene = {
  readonly server: HostileServer;
  readonly port: number;
  /** A new TCP connection. */
  attacker(options?: AttackerOptions): Attacker;
  /** Measures, and fails when more than `bytes` is held above what was held before the attack. */
  holdsAtMost(bytes: number): Promise<Measurement>;
  /** Waits until the server has closed all but the neighbour, also those who would not read that. */
  alone(): Promise<void>;
};

export type AttackOptions = {
  /** Of the server. */
  readonly options?: ServerOptions;
  /** An error code, or words of a reason, that must stand in the log. */
  readonly logged?: string;
  readonly boundBytes?: number;
  /** How the neighbours come in. @default "rtmp" */
  readonly scheme?: RtmpScheme;
};

/**
 * A test: runs the attack beside a healthy publisher and its player. Afterwards the server lives, has closed what it had
 * to close, holds no more memory than before, has lost nothing of the neighbour, and serves a newcomer.
 */
export function attack(name: string, options: AttackOptions, run: (scene: Scene) => Promise<void>): void {
  test(name, async (t: TestContext) => {
    const given = options.options ?? {};
    const server = new HostileServer(t, { ...given, publish: { graceMs: 0, ...given.publish } });
    await server.started();
    const { port } = server;
    const origin = `${options.scheme ?? "rtmp"}://127.0.0.1:${port}`;
    const neighbour = await Neighbour.start(t, origin, "neighbour");
    await (await Neighbour.start(t, origin, "before")).finish();
    const before = await server.measure();
    const attackers: Attacker[] = [];
    const holdsAtMost = async (bytes: number, when = "during the attack"): Promise<Measurement> => {
      const more = ({ heldBytes }: Measurement): number => heldBytes - before.heldBytes;
      let measurement = await server.measure();
      // What is on its way through is not held: look again.
      for (let round = 0; round < 10 && more(measurement) > bytes; round++) measurement = await server.measure();
      const { connections, longestPauseMs } = measurement;
      const figures = `${(more(measurement) / MIB).toFixed(2)} MiB, ${connections} connections`;
      t.diagnostic(`${when}: ${figures}, a pause of ${longestPauseMs} ms`);
      ok(more(measurement) <= bytes, `holds ${more(measurement)} bytes more than before, ${bytes} are allowed`);
      return measurement;
    };
    await run({
      server,
      port,
      attacker: (attackerOptions) => {
        const attacker = new Attacker(port, attackerOptions);
        t.after(() => attacker.destroy());
        attackers.push(attacker);
        return attacker;
      },
      holdsAtMost,
      alone: () => untilAlone(server),
    });
    if (options.logged !== undefined) await server.untilLogged(options.logged);
    for (const attacker of attackers) attacker.destroy();
    await untilAlone(server);
    await (await Neighbour.start(t, origin, "afterwards")).finish();
    await holdsAtMost(options.boundBytes ?? DEFAULT_BOUND_BYTES, "afterwards");
    await neighbour.finish();
    deepEqual(
      server.lines.filter(({ level }) => level === "error"),
      [],
      "the server has a fault",
    );
    const longest = Math.max(...server.lines.map(({ length }) => length));
    ok(longest < 20_000, `a line of ${longest} characters stands in the log`);
  });
}

/** Waits until only the neighbour is connected: publisher and player. */
async function untilAlone(server: HostileServer): Promise<void> {
  for (const deadlineMs = performance.now() + 20_000; ; ) {
    const { connections, sockets } = await server.measure();
    if (connections <= 2 && sockets <= 2) return;
    ok(performance.now() < deadlineMs, `${connections} connections on ${sockets} sockets are still open`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
