import { Gauge, type Registry } from "@prometheus-io/client";
import { counter, gauge } from "./metric-parts.ts";

/**
 * What is usual for a process: with several workers, of the one that has the API. The package's own collection would leave
 * timers and an observer behind.
 */
export function addProcessMetrics(registry: Registry): void {
  const own = [registry];
  const cpu = counter(own, "process_cpu_seconds_total", "User and system time.");
  let cpuSeconds = 0;
  const started = gauge(own, "process_start_time_seconds", "When the process started, in seconds since 1970.");
  started.set((Date.now() - process.uptime() * 1000) / 1000);
  const heapTotal = gauge(own, "nodejs_heap_size_total_bytes", "Of V8.");
  const heapUsed = gauge(own, "nodejs_heap_size_used_bytes", "Of V8.");
  const external = gauge(own, "nodejs_external_memory_bytes", "Of objects outside V8's heap.");
  new Gauge({
    name: "process_resident_memory_bytes",
    help: "Resident memory.",
    registers: own,
    collect() {
      const memory = process.memoryUsage();
      this.set(memory.rss);
      heapTotal.set(memory.heapTotal);
      heapUsed.set(memory.heapUsed);
      external.set(memory.external);
      const { user, system } = process.cpuUsage();
      const seconds = (user + system) / 1_000_000;
      cpu.inc(Math.max(0, seconds - cpuSeconds));
      cpuSeconds = seconds;
    },
  });
}
