// Two hosts with their own networks, mounts and pids, and a NATS server: a checkpoint is restored by label, its tree moves to the other host, and twenty
// clones run on both.
//
//   npm run example fleet
import { inNewDirectory, runExample } from "../support.ts";
import { join, noFleet, restageOn, startServer } from "./fleet.ts";
import { type Host, Network } from "./host.ts";

/** Prints the pid of a program that counts: a high one, which is free on the other host too. */
const START = `
  echo 20000 > /proc/sys/kernel/ns_last_pid
  setsid sh -c 'i=0; while sleep 0.1; do i=$((i + 1)); done' < /dev/null > /dev/null 2>&1 &
  echo $!`;

await runExample(
  () =>
    inNewDirectory(async (directory) => {
      const network = new Network();
      try {
        const desk = await network.add("desk");
        const [left, right] = [await network.add("left"), await network.add("right")];
        const server = startServer(desk, directory);
        const restage = (host: Host, ...words: readonly string[]) =>
          process.stdout.write(restageOn(host, server, ...words));
        await join(left, server, {}, "--label", "zone=a");
        await join(right, server, {}, "--label", "zone=b");

        const program = left.run("sh", "-c", START).trim();
        restage(left, "checkpoint", program, "--to", "counter/one", "--no-config");
        restage(desk, "fleet", "run", "counter/one", "counter", "--label", "zone=b");
        restage(desk, "fleet", "migrate", "counter", "left");
        restage(desk, "fleet", "clone", "counter/one", "--count", "20");
        restage(desk, "fleet", "ps");
      } finally {
        await network.end();
      }
    }),
  noFleet,
);
