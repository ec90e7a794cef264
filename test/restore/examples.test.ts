import { execFileSync, spawnSync } from "node:child_process";
import { copyFileSync, existsSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { decodeEntries } from "@restage/images";
import { RLIM_INFINITY, RLIMIT_NAMES } from "@restage/linux/abi";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { cleanUp, lastCount, PID, place } from "../../examples/counter/place.ts";
import * as server from "../../examples/server/place.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const notRoot = process.getuid?.() !== 0;
if (notRoot) console.warn("skipped: examples restore processes (not root)");

const NODE = [process.execPath, "packages/cli/dist/restage.js"];
const DENO = ["node_modules/.bin/deno", "run", "-A", "--no-check", "packages/cli/src/restage.ts"];
const BUN = ["node_modules/.bin/bun", "packages/cli/src/restage.ts"];

/** Runs an example's configuration with the command. */
function restore(example: string, command = NODE): { readonly status: number | null; readonly output: string } {
  const [program = "", ...first] = command;
  const args = [...first, "restore", "-d", "--config", `examples/${example}/restore.config.ts`];
  const { status, stdout, stderr } = spawnSync(program, args, { cwd: root, encoding: "utf8", timeout: 60_000 });
  return { status, output: `${stdout}${stderr}` };
}

function statusField(field: string): string | undefined {
  return new RegExp(`^${field}:\\s*(.*)$`, "m").exec(readFileSync(`/proc/${PID}/status`, "utf8"))?.[1];
}

/** Ends what was restored and waits until its pid is free. */
async function end(pid = PID): Promise<void> {
  for (let tries = 0; tries < 300 && existsSync(`/proc/${pid}`); tries++) {
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // It is gone between the look and the signal.
    }
    await sleep(20);
  }
}

describe("the checkpoints of the examples", () => {
  // What a machine gives by its size, or its administrator by hand. A checkpoint with more than that restores with a warning.
  const modest: Readonly<Record<string, bigint>> = {
    RLIMIT_NPROC: 4096n,
    RLIMIT_NOFILE: 1024n,
    RLIMIT_MEMLOCK: 65536n,
    RLIMIT_SIGPENDING: 4096n,
    RLIMIT_MSGQUEUE: 819200n,
  };

  it.each(["counter/checkpoint", "server/checkpoint", "server/checkpoint-in-namespaces"])(
    "%s asks for limits that every machine has",
    (folder) => {
      const images = join(root, "examples", folder);
      for (const name of readdirSync(images).filter((name) => name.startsWith("core-"))) {
        for (const { value } of decodeEntries("core", readFileSync(join(images, name)), name)) {
          RLIMIT_NAMES.forEach((limit, which) => {
            const recorded = value.tc?.rlimits?.rlimits[which];
            expect(recorded?.max, limit).toBeLessThanOrEqual(modest[limit] ?? RLIM_INFINITY);
          });
        }
      }
    },
  );
});

describe.skipIf(notRoot)("the example", () => {
  beforeEach(async () => {
    await end();
    place();
  });
  afterEach(async () => {
    await end();
    cleanUp();
  });

  it("defaults restores the counter, which counts on", async () => {
    const before = lastCount();
    expect(restore("defaults")).toEqual({ status: 0, output: "" });
    await sleep(200);
    expect(lastCount()).toBeGreaterThan(before);
  });

  it("rewrite-path lets it go on in another log", async () => {
    copyFileSync(`${root}examples/counter/files/log`, "/tmp/other-log");
    try {
      const size = statSync("/tmp/other-log").size;
      const old = lastCount();
      expect(restore("rewrite-path")).toEqual({ status: 0, output: "" });
      await sleep(200);
      expect(statSync("/tmp/other-log").size).toBeGreaterThan(size);
      expect(lastCount()).toBe(old);
    } finally {
      rmSync("/tmp/other-log", { force: true });
    }
  });

  it.each([
    ["node", NODE],
    ["deno", DENO],
    ["bun", BUN],
  ])("replace-duty, a plugin file beside its configuration, gives it another nice value on %s", (_runtime, command) => {
    expect(restore("replace-duty", command)).toEqual({ status: 0, output: "" });
    const nice = execFileSync("ps", ["-o", "ni=", "-p", String(PID)], { encoding: "utf8" });
    expect(nice.trim()).toBe("10");
  });

  it("trace-stages tells every transition in order", () => {
    const { status, output } = restore("trace-stages");
    expect(status).toBe(0);
    const stages = [
      "ROOT_TASK",
      "PREPARE_NAMESPACES",
      "FORKING",
      "RESTORE",
      "RESTORE_SIGCHLD",
      "RESTORE_CREDS",
      "COMPLETE",
    ];
    const told = output
      .trim()
      .split("\n")
      .map((line) => line.replace(/ \(.*\)$/, ""));
    const expected = stages.flatMap((stage) => [
      `${stage} starts`,
      `${stage} task ${PID}`,
      `${stage} confirmed by all`,
    ]);
    expect(told).toEqual([...expected, "commit", `${PID} runs`]);
  });

  it("another-user lets it go on as nobody, without capabilities", () => {
    expect(restore("another-user")).toEqual({ status: 0, output: "" });
    expect(statusField("Uid")?.split("\t")).toEqual(["65534", "65534", "65534", "65534"]);
    expect(statusField("CapEff")).toBe("0000000000000000");
  });
});

describe.skipIf(notRoot)("the example of the web server", () => {
  beforeEach(async () => {
    await end(server.PID);
    server.place();
  });
  afterEach(async () => {
    await end(server.PID);
    server.cleanUp();
  });

  it("move-port listens on another port, and knows its visitors", async () => {
    expect(restore("move-port")).toEqual({ status: 0, output: "" });
    expect(await server.visit(8098)).toMatch(/^Hello, visitor 4\n/);
    await expect(server.visit(server.PORT)).rejects.toThrow();
  });

  it("change-secret has another environment and another secret", async () => {
    expect(restore("change-secret")).toEqual({ status: 0, output: "" });
    expect(await server.visit(server.PORT)).toMatch(/^Salve, visitor 4\nhost .*\nsecret a-newer-secret\n$/);
    expect(readFileSync(`/proc/${server.PID}/environ`, "latin1")).toContain("GREETING=Salve\0");
  });

  it("clones run five times side by side", () => {
    const { stdout, stderr } = spawnSync("node_modules/.bin/jiti", ["examples/clones/start.ts"], {
      cwd: root,
      encoding: "utf8",
      timeout: 60_000,
    });
    expect(stderr).toBe("");
    const lines = [1, 2, 3, 4, 5].map((n) => `clone ${n} on port ${server.PORT + n}: Hello, visitor ${3 + n}`);
    expect(stdout.trim().split("\n")).toEqual(lines);
  });
});

const hasTools = ["nsenter", "ip", "nft"].every((tool) => spawnSync(tool, ["--version"]).status !== null);
if (!notRoot && !hasTools) console.warn("skipped: the example in namespaces (nsenter, ip or nft is missing)");

describe.skipIf(notRoot || !hasTools)("the example in namespaces", () => {
  const pid = server.PID_IN_NAMESPACES;
  beforeEach(async () => {
    await end(pid);
    server.place();
  });
  afterEach(async () => {
    await end(pid);
    server.cleanUp();
  });

  it("other-host has another host name and another address", () => {
    expect(restore("other-host")).toEqual({ status: 0, output: "" });
    const inside = (...command: readonly string[]) =>
      execFileSync("nsenter", ["--net", "--uts", "--target", String(pid), ...command], { encoding: "utf8" });
    expect(inside("hostname")).toBe("second-host\n");
    expect(inside("ip", "-o", "address", "show", "lo")).toContain("192.0.2.7/32");
    const visit = `fetch("http://127.0.0.1:${server.PORT}").then((answer) => answer.text()).then(console.log)`;
    expect(inside(process.execPath, "-e", visit)).toMatch(/^Hello, visitor 3\nhost second-host\n/);
  });
});

describe.skipIf(notRoot)("the story", () => {
  const run = (example: string) =>
    spawnSync("node_modules/.bin/jiti", [`examples/${example}/start.ts`], {
      cwd: root,
      encoding: "utf8",
      timeout: 60_000,
    });

  it("shell-loop goes on counting after it was gone", () => {
    const { status, stdout } = run("shell-loop");
    expect(status).toBe(0);
    const counts = [...stdout.matchAll(/^ {2}the shell has counted to (\d+)$/gm)].map(([, count]) => Number(count));
    expect(counts.length).toBe(5);
    expect(counts).toEqual([...counts].sort((a, b) => a - b));
    expect(stdout).toMatch(/there is no process \d+\./);
  });

  it("web-server knows its visitors", () => {
    const { status, stdout } = run("web-server");
    expect(status).toBe(0);
    expect(stdout.split("\n").filter((line) => line.startsWith("visit"))).toEqual([
      "visit 1 of /tea",
      "visit 2 of /tea",
      "visit 1 of /cake",
      "visit 3 of /tea",
      "visit 2 of /cake",
    ]);
  });
});

describe.skipIf(notRoot)("a configuration", () => {
  it("that does not exist is an error that names it", () => {
    const { status, output } = restore("no-such-example");
    expect(status).toBe(2);
    expect(output).toContain("ERR_CONFIG");
    expect(output).toContain("no-such-example");
  });
});
