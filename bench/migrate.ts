// Measures how long a tree stands still that migrates between two hosts of this machine, while it writes a page to its memory every millisecond:
// `CRIU=PATH npm run bench:migrate [-- --runs N --case NAME --json FILE]`, as root. The reference is a checkpoint on one host and a restore on the other.
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { join, noFleet, restageOn, startServer } from "../examples/fleet/fleet.ts";
import { Network } from "../examples/fleet/host.ts";
import { benchmark } from "./benchmark.ts";
import { printRows, type Row, rowOf } from "./results.ts";

const NAMES = ["16 MiB", "256 MiB", "1024 MiB"] as const;

const { values } = parseArgs({
  options: {
    runs: { type: "string", default: "3" },
    case: { type: "string", multiple: true },
    json: { type: "string" },
  },
});

const WRITER = fileURLToPath(new URL("./programs/writer.py", import.meta.url));
/** A pid that is free on the other host. */
const PID = 20_001;

const obstacle = noFleet();
if (obstacle === undefined) await benchmark(NAMES, values, measure);
else console.log(obstacle);

async function measure(name: string, directory: string): Promise<readonly Row[]> {
  const [size = ""] = name.split(" ");
  const network = new Network();
  try {
    const desk = await network.add("desk");
    const [left, right] = [await network.add("left"), await network.add("right")];
    const server = startServer(desk, `${directory}/${size}`);
    await join(left, server, {});
    await join(right, server, {});
    const start = `echo ${PID - 1} > /proc/sys/kernel/ns_last_pid; setsid python3 ${WRITER} ${size}`;
    const pid = left.run("sh", "-c", `${start} </dev/null >/dev/null 2>&1 & echo $!`).trim();
    left.run(
      "sh",
      "-c",
      `until [ "$(awk '/VmRSS/ { print $2 }' /proc/${pid}/status)" -ge ${size}000 ]; do sleep 1; done`,
    );
    const restage = (...words: readonly string[]) => restageOn(desk, server, ...words);
    restageOn(left, server, "checkpoint", pid, "--to", "tree/0", "--no-config");
    restage("fleet", "run", "tree/0", "tree-0", "--label", "host=left");

    const [apart, moved]: { downtime: number; whole: number }[][] = [[], []];
    for (let run = 1; run <= Number(values.runs); run++) {
      const began = performance.now();
      const record = JSON.parse(restage("fleet", "migrate", `tree-${run - 1}`, "right", "--json"));
      moved?.push({ downtime: record.result.downtime, whole: performance.now() - began });
      const stopped = performance.now();
      restage("fleet", "checkpoint", `tree-${run - 1}`, `tree/${run}`);
      restage("fleet", "run", `tree/${run}`, `tree-${run}`, "--label", "host=left");
      const took = performance.now() - stopped;
      apart?.push({ downtime: took, whole: took });
    }
    const rows = [rowOf(name, "checkpoint, run", apart ?? []), rowOf(name, "migrate", moved ?? [])];
    printRows(rows);
    return rows;
  } finally {
    await network.end();
  }
}
