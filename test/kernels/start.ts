/**
 * Restores checkpoints on other kernels, in virtual machines, and writes the page `docs/kernels.md`:
 *
 *     npm run kernels -- [--only NAME]... DIRECTORY...
 *
 * Each directory is an unpacked Debian package of a kernel. With `--only`, only these fixtures or programs are tried, and the page stays unchanged.
 */
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { FIXTURES } from "../support/fixture-executable.ts";
import { COMMAND, ROOT } from "../support/restage.ts";
import { kernelsPage } from "./page.ts";
import { type KernelResults, readResults } from "./results.ts";

/** Boots a kernel over a throw-away copy of this machine's files. */
const MACHINE = fileURLToPath(new URL("../../../shared/kernels/vm.sh", import.meta.url));
/** How long one machine can take, in seconds: without hardware support everything is at least ten times slower. */
const LIMIT = 7200;

const HOW = `Name directories with unpacked kernels:
  apt-get download linux-image-6.1.0-50-amd64
  dpkg -x linux-image-6.1.0-50-amd64*.deb k6.1
  npm run kernels -- $PWD/k6.1`;

function main(): number {
  const { values, positionals } = parseArgs({
    options: { only: { type: "string", multiple: true } },
    allowPositionals: true,
  });
  const obstacle = whyNot(positionals);
  if (obstacle !== undefined) {
    process.stderr.write(`SKIPPED: other kernels (${obstacle})\n`);
    return 0;
  }
  const results = positionals.map((directory) => tryKernel(directory, values.only ?? []));
  if (values.only === undefined) writeFileSync(join(ROOT, "docs/kernels.md"), kernelsPage(results));
  return results.every(({ complete, lines }) => complete && lines.every(({ problem }) => problem === undefined))
    ? 0
    : 1;
}

function whyNot(directories: readonly string[]): string | undefined {
  if (!existsSync(MACHINE)) return "needs ../shared/kernels beside the repository";
  const missing = ["qemu-system-x86_64", "busybox", "cpio", "modinfo"].filter(
    (name) => spawnSync("sh", ["-c", `command -v ${name}`]).status !== 0,
  );
  if (missing.length > 0)
    return `needs ${missing.join(", ")}: apt-get install qemu-system-x86 busybox-static cpio kmod`;
  if (directories.length === 0) return `needs a kernel. ${HOW}`;
  if (!existsSync(COMMAND)) return "needs the built command: npm run build";
  return undefined;
}

function tryKernel(directory: string, only: readonly string[]): KernelResults {
  const [version = directory] = readdirSync(join(directory, "lib/modules"));
  process.stdout.write(`Linux ${version}\n`);
  const inside = [
    join(ROOT, "test/kernels/inside.sh"),
    COMMAND,
    FIXTURES,
    join(ROOT, "test/checkpoint/everyday"),
    ...only,
  ];
  const words = [MACHINE, directory, String(LIMIT), `exec bash ${inside.join(" ")}`];
  const { stdout, stderr } = spawnSync("nice", ["-n", "19", "bash", ...words], {
    encoding: "utf8",
    timeout: (LIMIT + 60) * 1000,
    maxBuffer: 1 << 26,
  });
  process.stdout.write(`${stdout}${stderr}`);
  return { version, ...readResults(stdout) };
}

process.exitCode = main();
