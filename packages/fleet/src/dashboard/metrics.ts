/** What a fleet has, in the text format of Prometheus. */
import type { FleetState } from "./fleet-state.ts";

type Labels = Readonly<Record<string, string>>;

/** Counts the stages that trees pass, and how long they take. */
export class StageTimes {
  readonly #times = new Map<string, { readonly labels: Labels; count: number; sum: number }>();

  /** Takes an event of an order. Events that do not end a stage are ignored. */
  add({ kind, stage, host, milliseconds }: Readonly<Record<string, unknown>>): void {
    if (kind !== "stage-left" || typeof milliseconds !== "number") return;
    const labels = { stage: String(stage), host: String(host) };
    const key = JSON.stringify(labels);
    const time = this.#times.get(key) ?? { labels, count: 0, sum: 0 };
    time.count += 1;
    time.sum += milliseconds / 1000;
    this.#times.set(key, time);
  }

  print(): string {
    const lines = [...this.#times.values()].flatMap(({ labels, count, sum }) => [
      sample("restage_stage_seconds_count", labels, count),
      sample("restage_stage_seconds_sum", labels, sum),
    ]);
    return metric("restage_stage_seconds", "summary", "Time in each stage since this agent started.", lines);
  }
}

export function printMetrics({ hosts, trees, orders, checkpoints, store }: FleetState, times: StageTimes): string {
  return [
    gauge("restage_hosts", "Hosts with an agent.", [[{}, hosts.length]]),
    gauge(
      "restage_trees",
      "Trees of the fleet.",
      counted(trees, ({ host, state }) => ({ host, state })),
    ),
    gauge(
      "restage_orders",
      "Orders that are not forgotten.",
      counted(orders, ({ kind, state }) => ({ kind, state })),
    ),
    gauge(
      "restage_checkpoint_bytes",
      "Size of the images of each checkpoint.",
      checkpoints.map(({ name, size }) => [{ name }, size]),
    ),
    gauge("restage_store_chunks", "Chunks that the store has.", [[{}, store.chunks]]),
    gauge("restage_store_bytes", "Size of all chunks, compressed, and each stored once.", [[{}, store.size]]),
    times.print(),
  ].join("");
}

function counted<T>(all: readonly T[], labelsOf: (item: T) => Labels): readonly (readonly [Labels, number])[] {
  const counts = new Map<string, number>();
  for (const item of all) {
    const key = JSON.stringify(labelsOf(item));
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return [...counts].map(([key, count]) => [JSON.parse(key) as Labels, count]);
}

function gauge(name: string, help: string, samples: readonly (readonly [Labels, number])[]): string {
  const lines = samples.map(([labels, value]) => sample(name, labels, value));
  return metric(name, "gauge", help, lines);
}

function metric(name: string, type: string, help: string, lines: readonly string[]): string {
  return [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`, ...lines].map((line) => `${line}\n`).join("");
}

function sample(name: string, labels: Labels, value: number): string {
  const escaped = (text: string) => text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
  const pairs = Object.entries(labels).map(([key, text]) => `${key}="${escaped(text)}"`);
  return `${name}${pairs.length === 0 ? "" : `{${pairs.join()}}`} ${value}`;
}
