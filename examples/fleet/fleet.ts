// A fleet on hosts of one machine. The benchmark uses it too.
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { needsRoot, RESTAGE } from "../support.ts";
import { type Host, noHosts } from "./host.ts";

const PORT = 4222;

/** Starts a NATS server on a host, in a directory. Returns its address. */
export function startServer(host: Host, directory: string): string {
  host.start("nats-server", "-a", host.address, "-p", String(PORT), "-js", "-sd", directory, "-l", "/dev/null");
  const attempt = `(: < /dev/tcp/${host.address}/${PORT}) 2> /dev/null`;
  host.run("bash", "-c", `for i in {1..500}; do ${attempt} && exit; sleep 0.02; done; exit 1`);
  return `nats://${host.address}:${PORT}`;
}

/** Starts the agent of a host, whose orders use a configuration. Returns when it has joined the fleet. */
export async function join(host: Host, server: string, config: object, ...words: readonly string[]): Promise<void> {
  writeFileSync(host.path("/srv/restore.config.json"), JSON.stringify(config));
  writeFileSync(host.path("/srv/policy.json"), JSON.stringify({ configs: { default: "/srv/restore.config.json" } }));
  const own = ["agent", server, ...words, "--policy", "/srv/policy.json", "-W", "/srv/restage"];
  console.log(`${host.name}$ restage ${own.join(" ")} &`);
  const { stdout } = host.start(...RESTAGE, ...own);
  await new Promise((resolve) => stdout?.once("data", resolve));
}

/** Runs `restage` on a host. Returns what it printed. */
export function restageOn(host: Host, server: string, ...words: readonly string[]): string {
  console.log(`\n${host.name}$ restage ${words.join(" ")}`);
  return host.run("env", `NATS_URL=${server}`, ...RESTAGE, ...words);
}

/** Why this machine cannot have such a fleet; undefined if it can. */
export function noFleet(): string | undefined {
  const server = spawnSync("nats-server", ["--version"]).status === 0 ? undefined : "needs nats-server";
  const missing = noHosts() ?? server;
  return needsRoot() ?? (missing === undefined ? undefined : `This example ${missing}.`);
}
