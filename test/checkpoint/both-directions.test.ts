import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { userInfo } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { RUNTIMES, type Runtime } from "../restore/restores.ts";
import { describeUnless, noFixtures, untrustedRepository } from "../support/requirements.ts";
import { checkpoint, forget, type Program, restore, start } from "./program.ts";

/** Saves and restores the working directory and the umask, like the default, and gives the program another umask. */
const CONFIG = (fault: "dump" | "restore" | "none") => `
import { defineConfig, definePlugin } from "@restage/core";

const mine = definePlugin({
  name: "my-fs",
  duty: "fs",
  apply({ stages }) {
    stages.RESTORE.task.tap("my-fs", (task, { stage }) => {
      if (!task.survives || stage.name !== "RESTORE") return;
      task.call.chdir(${fault === "restore"} ? "/no/such/directory" : "/");
      task.call.umask(task.fs.umask);
    });
  },
  dump({ phases }) {
    const entries = new Map();
    phases.inspect.task.tap("my-fs", (task, { files }) => {
      const id = (name) => files.addPath(task, \`\${task.proc}/\${name}\`, 0).id;
      entries.set(task, { cwd_id: id("cwd"), root_id: id("root"), umask: 0o027 });
    });
    phases.write.task.tap("my-fs", (task, { images, phase }) => {
      if (${fault === "dump"}) throw new Error(\`no room in \${phase}\`);
      images.add("fs", task.pid, { value: entries.get(task) });
    });
  },
});
export default defineConfig({ plugins: [mine] });
`;

/** The duties that tapped a hook, in the order in which their taps ran. */
function tappedBy(trace: string, hook: string): readonly string[] {
  const { traceEvents } = JSON.parse(readFileSync(trace, "utf8")) as {
    readonly traceEvents: readonly { readonly name: string; readonly cat?: string; readonly ts: number }[];
  };
  const taps = traceEvents.filter(({ cat, name }) => cat === "tap" && name.endsWith(`: ${hook}`));
  return [...new Set(taps.sort((a, b) => a.ts - b.ts).map(({ name }) => name.slice(0, name.indexOf(": "))))];
}

describeUnless(noFixtures ?? untrustedRepository, "a plugin of restore.config.ts that claims a duty", () => {
  const directory = mkdtempSync(join(userInfo().homedir, ".restage-both-"));
  const config = (fault: "dump" | "restore" | "none") => join(directory, `${fault}.config.ts`);
  const trace = join(directory, "trace.json");
  let program: Program | undefined;

  beforeAll(() => {
    for (const fault of ["dump", "restore", "none"] as const) writeFileSync(config(fault), CONFIG(fault));
  });
  afterEach(async () => {
    if (program !== undefined) await forget(program.name);
    program = undefined;
  });
  afterAll(() => rmSync(directory, { recursive: true }));

  it.each(Object.keys(RUNTIMES) as Runtime[])("replaces the default in both directions, on %s", async (runtime) => {
    program = await start("counter");
    const { pid } = program;
    const fails = checkpoint(program, runtime, ["--config", config("dump")]);
    expect(fails.status, fails.output).toBe(1);
    expect(fails.output).toContain("ERR_PLUGIN: no room in write");
    expect(fails.output).toMatch(new RegExp(`in phase write, task ${pid} \\(.+\\), duty fs`));

    const saved = checkpoint(program, runtime, ["--config", config("none"), "--trace", trace]);
    expect(saved.status, saved.output).toBe(0);
    const inspected = tappedBy(trace, "inspect.task");
    expect(inspected.slice(inspected.indexOf("mm"))).toEqual(expect.arrayContaining(["mm", "fs", "descriptors"]));
    expect(inspected[inspected.indexOf("fs") - 1]).toBe("mm");
    expect(inspected[inspected.indexOf("fs") + 1]).toBe("descriptors");

    const fallen = restore(program, runtime, ["--config", config("restore")]);
    expect(fallen.status, fallen.output).toBe(1);
    expect(fallen.output).toMatch(new RegExp(`in stage RESTORE, task ${pid} \\(.+\\), plugin fs`));
    expect(fallen.output).toContain('call chdir("/no/such/directory") = ENOENT');

    const restored = restore(program, runtime, ["--config", config("none"), "--trace", trace]);
    expect(restored.status, restored.output).toBe(0);
    const done = tappedBy(trace, "RESTORE.task");
    expect(done[done.indexOf("fs") - 1]).toBe("process-attributes");
    expect(done[done.indexOf("fs") + 1]).toBe("threads");
    expect(readFileSync(`/proc/${pid}/status`, "utf8")).toContain("Umask:\t0027");
  });
});
