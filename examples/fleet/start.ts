// Two hosts with their own networks, mounts and pids, and a NATS server: a checkpoint is restored by label, and cloned twenty times over both hosts.
//
//   npm run example fleet
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { inNewDirectory, needsRoot, RESTAGE, tell } from "../story.ts";
import { type Host, Network, noHosts } from "./host.ts";

const PORT = 4222;
/** What both hosts make of orders: each tree has its own pids, so that they need not be free. */
const CONFIG = { newPidNamespace: true };
const POLICY = { configs: { default: "/srv/restore.config.json" } };

const PROGRAM = "i=0; while sleep 0.1; do i=$((i + 1)); done";

/** Starts a program on a host. It ends with the host. */
function start(host: Host, ...words: readonly string[]): ChildProcess {
  const [program = "", ...rest] = [...host.prefix, ...words];
  const child = spawn(program, rest, { cwd: "/", stdio: ["ignore", "pipe", "inherit"] });
  child.on("error", (error) => console.error(`${program}: ${error.message}`));
  return child;
}

/** Starts the agent of a host. Returns when it has joined the fleet. */
async function join(host: Host, server: string, ...words: readonly string[]): Promise<void> {
  writeFileSync(host.path("/srv/restore.config.json"), JSON.stringify(CONFIG));
  writeFileSync(host.path("/srv/policy.json"), JSON.stringify(POLICY));
  const own = ["agent", server, ...words, "--policy", "/srv/policy.json", "-W", "/srv/restage"];
  console.log(`${host.name}$ restage ${own.join(" ")} &`);
  const { stdout } = start(host, ...RESTAGE, ...own);
  await new Promise((resolve) => stdout?.once("data", resolve));
}

function obstacle(): string | undefined {
  const server = spawnSync("nats-server", ["--version"]).status === 0 ? undefined : "needs nats-server";
  const missing = noHosts() ?? server;
  return needsRoot() ?? (missing === undefined ? undefined : `This example ${missing}.`);
}

await tell(
  () =>
    inNewDirectory(async (directory) => {
      const network = new Network();
      try {
        const desk = await network.add("desk");
        const [left, right] = [await network.add("left"), await network.add("right")];
        const server = `nats://${desk.address}:${PORT}`;
        start(desk, "nats-server", "-a", desk.address, "-p", String(PORT), "-js", "-sd", directory, "-l", "/dev/null");
        const restage = (host: Host, ...words: readonly string[]) => {
          console.log(`\n${host.name}$ restage ${words.join(" ")}`);
          process.stdout.write(host.run("env", `NATS_URL=${server}`, ...RESTAGE, ...words));
        };
        awaitListener(desk, PORT);
        await join(left, server, "--label", "zone=a");
        await join(right, server, "--label", "zone=b");

        const program = left.run("sh", "-c", `setsid sh -c '${PROGRAM}' </dev/null >/dev/null 2>&1 & echo $!`).trim();
        restage(left, "checkpoint", program, "--to", "counter/one", "--no-config");
        restage(desk, "fleet", "run", "counter/one", "counter", "--label", "zone=b");
        restage(desk, "fleet", "clone", "counter/one", "--count", "20");
        restage(desk, "fleet", "ps");
      } finally {
        await network.end();
      }
    }),
  obstacle,
);

/** Waits until a host listens at a port. */
function awaitListener(host: Host, port: number): void {
  const attempt = `(: < /dev/tcp/${host.address}/${port}) 2> /dev/null`;
  host.run("bash", "-c", `for i in {1..500}; do ${attempt} && exit; sleep 0.02; done; exit 1`);
}
