import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { type RunningProgram, restoreProgram, startProgram, verdictOf } from "../cases/case.ts";
import { describeUnless, noCompiler, noRoot } from "../support/requirements.ts";
import { restage } from "../support/restage.ts";

describeUnless(noCompiler, "a program with several files that cannot be saved", () => {
  it("is refused with one finding per file, and is unaffected", async () => {
    const program = await startProgram(join(import.meta.dirname, "refused"));
    const { pid, images, directory } = program;
    const held = readFileSync(join(directory, "held"), "utf8").trim().split("\n");
    expect(held.length).toBeGreaterThan(2);
    const maps = () => readFileSync(`/proc/${pid}/maps`, "utf8");
    const before = maps();
    const { status, stderr } = restage(["checkpoint", String(pid), "-D", images]);
    expect(status).toBe(1);
    expect(stderr).toContain(`${held.length} findings`);
    expect(stderr).toContain("sockets of AF_VSOCK are not saved yet");
    expect(stderr).toContain("hint: close it before the checkpoint");
    for (const line of held) {
      const [descriptor, kind] = line.split(" ");
      expect(stderr).toMatch(new RegExp(`ERR_REFUSED: (descriptor ${descriptor}|file|secret memory) .*${kind}.*: `));
    }
    expect(readdirSync(images)).toEqual([]);
    expect(maps()).toBe(before);
    expect(await verdictOf(program)).toBe("pass");
  });
});

describeUnless(noCompiler, "a terminal of a session whose leader is outside the tree", () => {
  it("is refused, because no restore could give it back, and the tree is unaffected", async () => {
    const program = await startProgram(join(import.meta.dirname, "foreign-session"));
    const { pid, images } = program;
    const { status, stderr } = restage(["checkpoint", String(pid), "-D", images]);
    expect(status).toBe(1);
    expect(stderr).toMatch(
      /terminal \/dev\/pts\/\d+: it is the terminal of session \d+, whose leader is outside the tree/,
    );
    expect(await verdictOf(program)).toBe("pass");
  });
});

describeUnless(noCompiler, "a program with data that images cannot record", () => {
  it("is refused, names what waits in each file, and is unaffected", async () => {
    const program = await startProgram(join(import.meta.dirname, "unread"));
    const held = readFileSync(join(program.directory, "held"), "utf8").trim().split("\n");
    const words = ["checkpoint", String(program.pid), "-D", program.images, "--tcp-established"];
    const { status, stderr } = restage([...words, "--network-lock", "skip"]);
    expect(status).toBe(1);
    expect(stderr).toContain(`${held.length} findings`);
    for (const line of held) expect(stderr).toContain(line.slice(line.indexOf(" ") + 1));
    expect(await verdictOf(program)).toBe("pass");
  });
});

describeUnless(noCompiler, "a program with files in flight that a restore could not complete", () => {
  it("is refused, names each file, and is unaffected", async () => {
    const program = await startProgram(join(import.meta.dirname, "in-flight"));
    const held = readFileSync(join(program.directory, "held"), "utf8").trim().split("\n");
    const words = ["checkpoint", String(program.pid), "-D", program.images, "--tcp-established"];
    const { status, stderr } = restage([...words, "--network-lock", "skip"]);
    expect(status).toBe(1);
    for (const name of held)
      expect(stderr).toContain(`ERR_REFUSED: ${name}: it is in flight in the queue of a Unix socket`);
    expect(await verdictOf(program)).toBe("pass");
  });
});

describeUnless(noCompiler, "a program with keys and a semaphore that it must release", () => {
  it("is refused by name, and is unaffected", async () => {
    const program = await startProgram(join(import.meta.dirname, "kept-by-kernel"));
    const { status, stderr } = restage(["checkpoint", String(program.pid), "-D", program.images]);
    expect(status).toBe(1);
    expect(stderr).toMatch(/task \d+ \(program\): it may hold semaphores of set \d+ with SEM_UNDO/);
    expect(stderr).toContain("--allow-loss sem-undo");
    expect(await verdictOf(program)).toBe("pass");
  });

  it("is refused for its keys, and is saved if their loss is allowed", async () => {
    const program = await startProgram(join(import.meta.dirname, "kept-by-kernel"));
    const words = ["checkpoint", String(program.pid), "-D", program.images, "--leave-running", "--allow-loss"];
    const refused = restage([...words, "sem-undo"]);
    expect(refused.status).toBe(1);
    for (const keyring of ["thread", "process", "session"])
      expect(refused.stderr).toContain(`there are keys in its ${keyring} keyring (1)`);
    const { status, stderr } = restage([...words, "sem-undo", "--allow-loss", "keys"]);
    expect(status, stderr).toBe(0);
    expect(await verdictOf(program)).toBe("pass");
  });
});

describeUnless(noCompiler, "a program that cannot be saved yet", () => {
  it.each([
    ["without-leader", /process \d+ \(program\): its main thread has ended/],
    ["without-ids", /task \d+ \(program\): its user namespace has no gid_map, and no task can have ids without it/],
    ["process-limit", /Landlock domain: a limit of processes is reached/],
    ["thread-file", /file \/proc\/\d+\/task\/\d+\/comm: it belongs to thread \d+/],
    ["descriptor-table", /task \d+ \(program\): it has a local descriptor table \(modify_ldt\)/],
    ["pressure-trigger", /file \/proc\/pressure\/cpu: it can have a trigger of pressure stalls \(PSI\)/],
    ["namespace-for-children", /task \d+ \(program\): its children would be in another time namespace/],
    ["own-layers", /mount .*\/overlay: its layer .*\/layers\/lower is in another file system of the tree, .*\/layers/],
  ])("is refused by name, and is unaffected: %s", async (name, why) => {
    const program = await startProgram(join(import.meta.dirname, name));
    const { status, stderr } = restage(["checkpoint", String(program.pid), "-D", program.images]);
    expect(status).toBe(1);
    expect(stderr).toMatch(why);
    expect(await verdictOf(program)).toBe("pass");
  });
});

describeUnless(noRoot ?? noCompiler, "POSIX message queues that cannot be saved", () => {
  it("are refused by name, and are unaffected", async () => {
    const program = await startProgram(join(import.meta.dirname, "message-queue"));
    const { status, stderr } = restage(["checkpoint", String(program.pid), "-D", program.images]);
    expect(status).toBe(1);
    const text = stderr.replace(/\s+/g, " ");
    for (const refusal of [
      "/with-message: 1 message waits in it, which only a receiver can read",
      "allow its loss: --allow-loss messages",
      "/with-message: no mount of the tree shows it",
      "/removed: it has been removed (mq_unlink)",
      "/notified: a process waits for a notification of it (mq_notify)",
    ])
      expect(text).toContain(refusal);
    expect(await verdictOf(program)).toBe("pass");
  });
});

describeUnless(noCompiler, "a program with as many mappings as vm.max_map_count allows", () => {
  it("is refused with the limit and the way to raise it, and is unaffected", async () => {
    const program = await startProgram(join(import.meta.dirname, "mapping-limit"));
    const limit = Number(readFileSync("/proc/sys/vm/max_map_count", "utf8"));
    const { status, stderr } = restage(["checkpoint", String(program.pid), "-D", program.images]);
    expect(status).toBe(1);
    expect(stderr).toMatch(
      new RegExp(
        `in task \\d+ \\(program\\), which has ${limit + 1} mappings, and vm.max_map_count allows ${limit}: raise it with .sysctl -w vm.max_map_count=${2 * (limit + 1)}`,
      ),
    );
    expect(readdirSync(program.images)).toEqual([]);
    expect(await verdictOf(program)).toBe("pass");
  });

  it("keeps no mapping of the checkpoint, if there is room for one of two", async () => {
    const program = await startProgram(join(import.meta.dirname, "mapping-limit-denied"));
    const { status, stderr } = restage(["checkpoint", String(program.pid), "-D", program.images]);
    expect(status).toBe(1);
    expect(stderr).toContain("sysctl -w vm.max_map_count=");
    expect(await verdictOf(program)).toBe("pass");
  });
});

describeUnless(noCompiler, "a connection whose reset was not read yet", () => {
  it.each([
    ["keeps its error in a tree that goes on", ["--leave-running"], "ECONNRESET"],
    ["has ended in a restored tree", [], "the end"],
  ])("is saved with a warning, and %s", async (_what, flags, expected) => {
    const program = await startProgram(join(import.meta.dirname, "reset"));
    const { status, stderr } = restage(["checkpoint", String(program.pid), "-D", program.images, ...flags]);
    expect(status, stderr).toBe(0);
    expect(stderr.replace(/\s+/g, " ")).toMatch(
      /warning: socket:\[\d+\].*: an error that .* will come back as the end/,
    );
    if (flags.length === 0) await program.ended;
    if (flags.length === 0) await restoreProgram(program);
    expect(await verdictOf(program)).toBe("pass");
    expect(readFileSync(join(program.directory, "received"), "utf8")).toBe(expected);
  });
});

describeUnless(noCompiler, "files of mounts that no directory shows", () => {
  it("are refused by name, unless they stay outside, and the tree is unaffected", async () => {
    const program = await startProgram(join(import.meta.dirname, "detached"));
    const words = ["checkpoint", String(program.pid), "-D", program.images, "--leave-running"];
    const { status, stderr } = restage(words);
    expect(status).toBe(1);
    const refused = [...stderr.matchAll(/ERR_REFUSED: file (\S+): its mount is detached \(umount -l/g)];
    expect(refused.map(([, name]) => name).sort()).toEqual(["/", "/", "/gone", "/kept"]);
    const outside = [...stderr.matchAll(/(--external) '(file\[\S+\])'/g)].flatMap(([, ...option]) => option);
    const saved = restage([...words, ...outside]);
    expect(saved.status, saved.stderr).toBe(0);
    expect(await verdictOf(program)).toBe("pass");
  });
});

const NO_LANDLOCK = "needs a kernel with Landlock";

describeUnless(noCompiler, "threads in Landlock domains", () => {
  it("are refused by name, and the tree is unaffected", async ({ skip }) => {
    const program = await startProgram(join(import.meta.dirname, "confined"));
    const confined = confinedIn(program);
    if (confined.length === 0) skip(NO_LANDLOCK);
    const { status, stderr } = restage(["checkpoint", String(program.pid), "-D", program.images]);
    expect(status).toBe(1);
    const refused = [...stderr.matchAll(/ERR_REFUSED: (?:task|thread) (\d+) .*: it is in a Landlock domain/g)];
    expect(refused.map(([, id]) => id).sort()).toEqual(confined);
    expect(stderr).toContain("--allow-loss landlock");
    expect(await verdictOf(program)).toBe("pass");
  });

  it("are saved with a warning, if the loss is allowed", async ({ skip }) => {
    const program = await startProgram(join(import.meta.dirname, "confined"));
    const confined = confinedIn(program);
    if (confined.length === 0) skip(NO_LANDLOCK);
    const words = ["checkpoint", String(program.pid), "-D", program.images, "--leave-running"];
    const { status, stderr } = restage([...words, "--allow-loss", "landlock"]);
    expect(status, stderr).toBe(0);
    expect(stderr.match(/is in a Landlock domain/g)).toHaveLength(confined.length);
    expect(await verdictOf(program)).toBe("pass");
  });
});

/** Ids of the threads that said so; none without Landlock. */
function confinedIn({ directory }: RunningProgram): readonly string[] {
  return readFileSync(join(directory, "confined"), "utf8").split("\n").filter(Boolean).sort();
}
