import { spawnSync } from "node:child_process";
import { chownSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { STAGES } from "@restage/core";
import { decodeEntries } from "@restage/images";
import { RLIM_INFINITY, RLIMIT_NAMES } from "@restage/linux/abi";
import { describe, expect, it } from "vitest";
import { PID } from "../../examples/counter/place.ts";
import * as server from "../../examples/server/place.ts";
import { forbiddenWithoutRoot } from "../../examples/story.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const notRoot = process.getuid?.() !== 0;
if (notRoot) console.warn("skipped: examples restore processes (not root)");

/** Whether users who are not root may do here what the story does; they have to be able to read this repository, too. */
const forbidden = forbiddenWithoutRoot() ?? unreadable();
if (forbidden !== undefined) console.warn(`skipped: the story of another user than root (${forbidden})`);

function unreadable(): string | undefined {
  const words = [
    "--reuid",
    "65534",
    "--regid",
    "65534",
    "--clear-groups",
    process.execPath,
    "--check",
    "tools/run.mjs",
  ];
  const asNobody = spawnSync("setpriv", words, { cwd: root });
  return asNobody.status === 0 ? undefined : "nobody may not read this repository, or setpriv is missing";
}

const JITI = ["node_modules/.bin/jiti"];
const DENO = ["node_modules/.bin/deno", "run", "-A", "--no-check"];
const BUN = ["node_modules/.bin/bun"];

interface Told {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs an example by its one command. */
function tell(example: string, command = JITI, environment: Readonly<Record<string, string>> = {}): Told {
  const [program = "", ...first] = command;
  const env = { ...process.env, ...environment };
  return spawnSync(program, [...first, "examples/run.ts", example], {
    cwd: root,
    env,
    encoding: "utf8",
    timeout: 60_000,
  });
}

/** What an example says after the command that it shows, line by line; nothing else may be said. */
function evidence(example: string, command = JITI): readonly string[] {
  const { status, stdout, stderr } = tell(example, command);
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  const [shown, ...lines] = stdout.trim().split("\n");
  expect(shown).toBe(`$ restage restore -d --config examples/${example}/restore.config.ts`);
  return lines;
}

const COUNTS_ON = expect.stringMatching(/^It counts on, from \d+ to \d+\.$/);

/** The numbers in lines that begin alike. */
function numbers(text: string, beginning: string): readonly number[] {
  return [...text.matchAll(new RegExp(`^${beginning}(\\d+)$`, "gm"))].map(([, number]) => Number(number));
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
  it("defaults restores the counter, which counts on", () => {
    expect(evidence("defaults")).toEqual([COUNTS_ON]);
  });

  it("rewrite-path lets it go on in another log", () => {
    const lines = ["/tmp/other-log grows.", expect.stringMatching(/^The old log still ends with \d+\.$/)];
    expect(evidence("rewrite-path")).toEqual(lines);
  });

  it.each([
    ["node", JITI],
    ["deno", DENO],
    ["bun", BUN],
  ])("replace-duty, a plugin file beside its configuration, gives it another nice value on %s", (_runtime, command) => {
    expect(evidence("replace-duty", command)).toEqual(["Its nice value is 10."]);
  });

  it("first-plugin makes its files private", () => {
    expect(evidence("first-plugin")).toEqual(["Umask:\t0077", COUNTS_ON]);
  });

  it("trace-stages tells every transition in order", () => {
    const stages = STAGES.flatMap(({ name }) => [`${name} starts`, `${name} task ${PID}`, `${name} confirmed by all`]);
    const lines = evidence("trace-stages").map((line) => line.replace(/ \(.*\)$/, ""));
    expect(lines).toEqual([...stages, "commit", `${PID} runs`, COUNTS_ON]);
  });

  it("another-user lets it go on as nobody, without capabilities", () => {
    const [uid, capabilities, ...more] = evidence("another-user");
    expect(uid?.split("\t")).toEqual(["Uid:", "65534", "65534", "65534", "65534"]);
    expect(capabilities).toBe("CapEff:\t0000000000000000");
    expect(more).toEqual([COUNTS_ON]);
  });

  it("move-port listens on another port, and knows its visitors", () => {
    const lines = evidence("move-port");
    expect(lines[0]).toBe("port 8098: Hello, visitor 4");
    expect(lines.at(-1)).toBe(`port ${server.PORT}: nobody listens`);
  });

  it("change-secret has another environment and another secret", () => {
    const lines = ["Salve, visitor 4", expect.stringMatching(/^host /), "secret a-newer-secret", "", "GREETING=Salve"];
    expect(evidence("change-secret")).toEqual(lines);
  });

  it("clones run five times side by side", () => {
    const { stdout, stderr } = tell("clones");
    expect(stderr).toBe("");
    const lines = [1, 2, 3, 4, 5].map((n) => `clone ${n} on port ${server.PORT + n}: Hello, visitor ${3 + n}`);
    expect(stdout.trim().split("\n")).toEqual(lines);
  });
});

const hasTools = ["nsenter", "ip", "nft"].every((tool) => spawnSync(tool, ["--version"]).status !== null);
if (!notRoot && !hasTools) console.warn("skipped: the example in namespaces (nsenter, ip or nft is missing)");

describe.skipIf(notRoot || !hasTools)("the example in namespaces", () => {
  it("other-host has another host name and another address", () => {
    const lines = evidence("other-host");
    expect(lines[0]).toBe("host name: second-host");
    expect(lines.slice(1).some((line) => line.includes("192.0.2.7/32"))).toBe(true);
    expect(lines.slice(-3, -1)).toEqual(["Hello, visitor 3", "host second-host"]);
  });
});

const hasPython = spawnSync("python3", ["--version"]).status === 0;
if (!hasPython) console.warn("skipped: the story of a Python program (python3 is missing)");

describe.skipIf(notRoot)("the story", () => {
  const goesOn = ({ status, stdout, stderr }: Told) => {
    expect(status, stderr).toBe(0);
    const counts = numbers(stdout, " {2}the shell has counted to ");
    expect(counts.length).toBe(7);
    expect(counts).toEqual([...counts].sort((a, b) => a - b));
    // Gone: nothing is counted.
    expect(counts[2]).toBe(counts[3]);
    expect(stdout).toMatch(/there is no process \d+,/);
  };

  it.each([
    ["node", JITI],
    ["deno", DENO],
    ["bun", BUN],
  ])("shell-loop goes on counting after it was gone, on %s", (_runtime, command) => {
    goesOn(tell("shell-loop", command));
  });

  it.skipIf(forbidden !== undefined)("so it does for another user than root", () => {
    const home = mkdtempSync(join(tmpdir(), "restage-home-"));
    chownSync(home, 65534, 65534);
    try {
      const asNobody = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", ...JITI];
      const told = tell("shell-loop", asNobody, { HOME: home });
      goesOn(told);
      expect(told.stdout).toMatch(/in a namespace of its own, \d+ out here/);
    } finally {
      rmSync(home, { recursive: true, force: true });
    }
  });

  it("web-server knows its visitors", () => {
    const { status, stdout } = tell("web-server");
    expect(status).toBe(0);
    expect(stdout.split("\n").filter((line) => line.startsWith("visit"))).toEqual([
      "visit 1 of /tea",
      "visit 2 of /tea",
      "visit 1 of /cake",
      "visit 3 of /tea",
      "visit 2 of /cake",
    ]);
  });

  it.skipIf(!hasPython)("computation loses no digit", () => {
    const { status, stdout, stderr } = tell("computation");
    expect(status, stderr).toBe(0);
    expect(stdout).toMatch(/It has computed on, .*\nAll of them are right\.\n$/);
  });

  it("transport takes files with pidfd_getfd", () => {
    const { status, stdout, stderr } = tell("transport");
    expect(status, stderr).toBe(0);
    const [, taken, received] =
      /after (\d+) calls of pidfd_getfd and (\d+) of recvmsg\.\nIt writes on\.\n$/.exec(stdout) ?? [];
    expect(Number(taken)).toBeGreaterThan(0);
    expect(received).toBe("0");
  });
});

describe("examples/README.md", () => {
  const page = readFileSync(`${root}examples/README.md`, "utf8");

  it("has every example, by its one command", () => {
    const folders = readdirSync(`${root}examples`).filter((name) => existsSync(`${root}examples/${name}/start.ts`));
    const told = [...page.matchAll(/npm run example ([\w-]+)$/gm)].map(([, name]) => name);
    expect([...told, "shell-loop"].sort()).toEqual(folders);
  });
});

describe.skipIf(notRoot)("a configuration", () => {
  it("that does not exist is an error that names it", () => {
    const words = ["packages/cli/dist/restage.js", "restore", "-d", "--config", "examples/no-such/restore.config.ts"];
    const { status, stderr } = spawnSync(process.execPath, words, { cwd: root, encoding: "utf8", timeout: 60_000 });
    expect(status).toBe(2);
    expect(stderr).toContain("ERR_CONFIG");
    expect(stderr).toContain("no-such");
  });
});
