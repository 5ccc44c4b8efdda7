import { Counter, Gauge, type Registry } from "@prometheus-io/client";

export function gauge<Label extends string = never>(
  registers: Registry[],
  name: string,
  help: string,
  labelNames: readonly Label[] = [],
): Gauge<Label> {
  return new Gauge({ name, help, labelNames: [...labelNames], registers });
}

export function counter<Label extends string = never>(
  registers: Registry[],
  name: string,
  help: string,
  labelNames: readonly Label[] = [],
): Counter<Label> {
  return new Counter({ name, help, labelNames: [...labelNames], registers });
}

/** Sets a gauge for each label; what is not among them has gone. */
export function setByLabel(metric: OneLabel, values: ReadonlyMap<string, number>): void {
  metric.reset();
  for (const [value, amount] of values) metric.labels(value).set(amount);
}

/** A gauge that has one. */
type OneLabel = Pick<Gauge<string>, "reset" | "labels">;
