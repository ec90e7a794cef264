import { until } from "../support/until.ts";
import type { Podman } from "./podman.ts";

/** Counts in the memory of a shell, and prints the number. */
export const COUNT = "trap 'exit 7' TERM; n=0; while :; do n=$((n+1)); echo $n; sleep 0.05; done";

/** The last number in the logs of a container. */
export function countOf(podman: Podman, name: string): number {
  return Number(podman.do("logs", "--tail", "1", name));
}

/** Waits until a container has counted on from a number. */
export async function expectCounting(podman: Podman, name: string, from: number): Promise<void> {
  await until(() => countOf(podman, name) > from, "the container counts", 20_000);
}
