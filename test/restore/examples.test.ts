import { spawnSync } from "node:child_process";
import { chownSync, existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { STAGES } from "@restage/core";
import { decodeEntries } from "@restage/images";
import { RLIM_INFINITY, RLIMIT_NAMES } from "@restage/linux/abi";
import { describe, expect, it } from "vitest";
import { PID } from "../../examples/counter/place.ts";
import { noHosts } from "../../examples/fleet/host.ts";
import * as server from "../../examples/server/place.ts";
import { forbiddenWithoutRoot } from "../../examples/support.ts";
import { noNatsServer } from "../../packages/fleet/test/support/nats-server.ts";
import {
  describeUnless,
  itUnless,
  noNobody,
  noRoot,
  type Obstacle,
  succeeds,
  untrustedRepository,
} from "../support/requirements.ts";
import { ROOT, restage } from "../support/restage.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

/** Why a user other than root cannot run the example here. */
const noOtherUser: Obstacle = noNobody ?? forbiddenWithoutRoot();

const JITI = ["node_modules/.bin/jiti"];
const DENO = ["node_modules/.bin/deno", "run", "-A", "--no-check"];
const BUN = ["node_modules/.bin/bun"];

interface Told {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs an example with its one command. */
function tell(example: string, command = JITI, environment: Readonly<Record<string, string>> = {}): Told {
  const [program = "", ...first] = command;
  const env = { ...process.env, ...environment };
  return spawnSync(program, [...first, "examples/run.ts", example], {
    cwd: ROOT,
    env,
    encoding: "utf8",
    timeout: 60_000,
  });
}

/** The lines that an example prints after its command. It must print nothing else. */
function evidence(example: string, command = JITI): readonly string[] {
  const { status, stdout, stderr } = tell(example, command);
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  const [shown, ...lines] = stdout.trim().split("\n");
  expect(shown).toBe(`$ restage restore -d --config examples/${example}/restore.config.ts`);
  return lines;
}

const COUNTS_ON = expect.stringMatching(/^It continues, from \d+ to \d+\.$/);

/** The numbers at the ends of lines with a given beginning. */
function numbers(text: string, beginning: string): readonly number[] {
  return [...text.matchAll(new RegExp(`^${beginning}(\\d+)$`, "gm"))].map(([, number]) => Number(number));
}

describe("the checkpoints of the examples", () => {
  // Limits that depend on the machine or its administrator. A checkpoint with higher limits would restore with a warning.
  const modest: Readonly<Record<string, bigint>> = {
    RLIMIT_NPROC: 4096n,
    RLIMIT_NOFILE: 1024n,
    RLIMIT_MEMLOCK: 65536n,
    RLIMIT_SIGPENDING: 4096n,
    RLIMIT_MSGQUEUE: 819200n,
  };

  it.each(["counter/checkpoint", "server/checkpoint", "server/checkpoint-in-namespaces"])(
    "%s needs only limits that every machine has",
    (folder) => {
      const images = join(ROOT, "examples", folder);
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

describeUnless(untrustedRepository, "the example", () => {
  it("defaults restores the counter, which continues", () => {
    expect(evidence("defaults")).toEqual([COUNTS_ON]);
  });

  it("rewrite-path makes it continue in another log", () => {
    const lines = ["/tmp/other-log grows.", expect.stringMatching(/^The old log still ends with \d+\.$/)];
    expect(evidence("rewrite-path")).toEqual(lines);
  });

  it.each([
    ["node", JITI],
    ["deno", DENO],
    ["bun", BUN],
  ])("replace-duty changes the nice value with a plugin file next to its configuration, on %s", (_runtime, command) => {
    expect(evidence("replace-duty", command)).toEqual(["Its nice value is 10."]);
  });

  it("first-plugin makes its files private", () => {
    expect(evidence("first-plugin")).toEqual(["Umask:\t0077", COUNTS_ON]);
  });

  it("trace-stages prints every transition in order", () => {
    const stages = STAGES.flatMap(({ name }) => [`${name} starts`, `${name} task ${PID}`, `${name} confirmed by all`]);
    const lines = evidence("trace-stages").map((line) => line.replace(/ \(.*\)$/, ""));
    expect(lines).toEqual([...stages, "commit", `${PID} runs`, COUNTS_ON]);
  });

  it("another-user makes it continue as nobody, without capabilities", () => {
    const [uid, capabilities, ...more] = evidence("another-user");
    expect(uid?.split("\t")).toEqual(["Uid:", "65534", "65534", "65534", "65534"]);
    expect(capabilities).toBe("CapEff:\t0000000000000000");
    expect(more).toEqual([COUNTS_ON]);
  });

  it("move-port makes the server listen on another port, where it knows its visitors", () => {
    const lines = evidence("move-port");
    expect(lines[0]).toBe("port 8098: Hello, visitor 4");
    expect(lines.at(-1)).toBe(`port ${server.PORT}: nobody is listening`);
  });

  it("change-secret changes the environment and a secret", () => {
    const lines = ["Salve, visitor 4", expect.stringMatching(/^host /), "secret a-newer-secret", "", "GREETING=Salve"];
    expect(evidence("change-secret")).toEqual(lines);
  });

  it("clones restores five copies side by side", () => {
    const { stdout, stderr } = tell("clones");
    expect(stderr).toBe("");
    const lines = [1, 2, 3, 4, 5].map((n) => `clone ${n} on port ${server.PORT + n}: Hello, visitor ${3 + n}`);
    expect(stdout.trim().split("\n")).toEqual(lines);
  });
});

const hasTools = ["nsenter", "ip", "nft"].every((tool) => spawnSync(tool, ["--version"]).status !== null);
const noTools: Obstacle = untrustedRepository ?? (hasTools ? undefined : "needs nsenter, ip and nft");

describeUnless(noTools, "the example in namespaces", () => {
  it("other-host changes the host name and the address", () => {
    const lines = evidence("other-host");
    expect(lines[0]).toBe("host name: second-host");
    expect(lines.slice(1).some((line) => line.includes("192.0.2.7/32"))).toBe(true);
    expect(lines.slice(-3, -1)).toEqual(["Hello, visitor 3", "host second-host"]);
  });
});

describeUnless(noRoot ?? noNatsServer ?? noHosts(), "the example of a fleet", () => {
  it("restores a checkpoint by label, moves the tree, and runs twenty clones on two hosts", () => {
    const { status, stdout, stderr } = tell("fleet");
    expect(status, stderr).toBe(0);
    expect(stdout).toContain("counter: restore done on right");
    expect(stdout).toMatch(/migrate done on right, to left/);
    const hosts = [...stdout.matchAll(/^ {2}clone-\w+ +counter\/one, process \d+ on (\w+)$/gm)].map(([, host]) => host);
    expect(hosts.length).toBe(20);
    expect(new Set(hosts)).toEqual(new Set(["left", "right"]));
  });
});

const noPython: Obstacle = succeeds("python3") ? undefined : "needs python3";

describeUnless(untrustedRepository, "the example program", () => {
  const expectCounting = ({ status, stdout, stderr }: Told) => {
    expect(status, stderr).toBe(0);
    const counts = numbers(stdout, " {2}the shell has counted to ");
    expect(counts.length).toBe(7);
    expect(counts).toEqual([...counts].sort((a, b) => a - b));
    // It did not count while it was gone.
    expect(counts[2]).toBe(counts[3]);
    expect(stdout).toMatch(/Process \d+ no longer exists,/);
  };

  it.each([
    ["node", JITI],
    ["deno", DENO],
    ["bun", BUN],
  ])("shell-loop continues counting after the restore, on %s", (_runtime, command) => {
    expectCounting(tell("shell-loop", command));
  });

  itUnless(noOtherUser, "shell-loop continues counting for a user other than root", () => {
    const home = temporaryDirectory("home");
    chownSync(home, 65534, 65534);
    const asNobody = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", ...JITI];
    const told = tell("shell-loop", asNobody, { HOME: home });
    expectCounting(told);
    expect(told.stdout).toMatch(/in its own pid namespace \(\d+ outside\)/);
  });

  it("web-server still knows its visitors", () => {
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

  itUnless(noPython, "computation loses no digit", () => {
    const { status, stdout, stderr } = tell("computation");
    expect(status, stderr).toBe(0);
    expect(stdout).toMatch(/Restored\. Digits .*\nAll digits are correct\.\n$/);
  });

  it("transport passes files with pidfd_getfd", () => {
    const { status, stdout, stderr } = tell("transport");
    expect(status, stderr).toBe(0);
    const [, taken, received] =
      /with (\d+) calls of pidfd_getfd and (\d+) of recvmsg\.\nIt continues writing\.\n$/.exec(stdout) ?? [];
    expect(Number(taken)).toBeGreaterThan(0);
    expect(received).toBe("0");
  });
});

describe("examples/README.md", () => {
  const page = readFileSync(`${ROOT}examples/README.md`, "utf8");

  it("lists the command of every example", () => {
    const folders = readdirSync(`${ROOT}examples`).filter((name) => existsSync(`${ROOT}examples/${name}/start.ts`));
    const told = [...page.matchAll(/npm run example ([\w-]+)$/gm)].map(([, name]) => name);
    expect([...told, "shell-loop"].sort()).toEqual(folders);
  });
});

describeUnless(noRoot, "a configuration", () => {
  it("that does not exist is an error that names the file", () => {
    const { status, stderr } = restage(["restore", "-d", "--config", "examples/no-such/restore.config.ts"]);
    expect(status).toBe(2);
    expect(stderr).toContain("ERR_CONFIG");
    expect(stderr).toContain("no-such");
  });
});
