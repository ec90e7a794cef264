import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { describeUnless, untrustedRepository } from "../support/requirements.ts";
import { COMMAND, ROOT, run } from "../support/restage.ts";
import { privateDirectory } from "../support/temporary-directory.ts";

const CHECKPOINT = join(ROOT, "examples/counter/checkpoint");

const RUNTIMES: readonly (readonly [string, readonly string[]])[] = [
  ["node", [process.execPath, COMMAND]],
  ["deno", [join(ROOT, "node_modules/.bin/deno"), "run", "-A", COMMAND]],
  ["bun", [join(ROOT, "node_modules/.bin/bun"), COMMAND]],
];

/** A plugin that leaves a server and a timer open, would register a service, and has a bug if asked. The bug is in line 12. */
const config = (marker: string) => `import { createServer } from "node:net";
import { writeFileSync } from "node:fs";
import { defineConfig, definePlugin } from "@restage/core";
interface Registry { readonly address?: { readonly port: number } }
const registry: Registry = {};
const register = definePlugin({
  name: "register",
  apply({ plan, commit }) {
    plan.tap("register", () => {
      createServer().listen(0);
      setInterval(() => {}, 1000);
      if (process.env["BUG"] !== undefined) console.log(registry.address!.port);
    });
    commit.tap("register", () => writeFileSync(${JSON.stringify(marker)}, "registered"));
  },
});
export default defineConfig({ plugins: [register] });
`;

describeUnless(untrustedRepository, "a user's plugin", () => {
  it.each(RUNTIMES)("a plan on %s leaves out what would register a service, says so, and ends", (_name, command) => {
    const directory = privateDirectory("plugins");
    const marker = join(directory, "marker");
    writeFileSync(join(directory, "restore.config.ts"), config(marker));
    const { status, stdout, stderr } = run([...command, "plan", "-D", CHECKPOINT], directory);
    expect(status, stderr).toBe(0);
    expect(stdout).toMatch(/^commit\n {2}left out in a dry run: .*register/m);
    expect(stdout).toContain("nothing was changed");
    expect(existsSync(marker)).toBe(false);
  });

  it.each(RUNTIMES)(
    "a bug in a plugin on %s is shown with its file and line, and the command ends",
    (_name, command) => {
      const directory = privateDirectory("plugins");
      const file = join(directory, "restore.config.ts");
      writeFileSync(file, config(join(directory, "marker")));
      const words = ["env", "BUG=1", ...command, "plan", "-D", CHECKPOINT];
      const { status, stderr } = run(words, directory);
      expect(status).toBe(1);
      expect(stderr.split("\n")[0]).toContain(`(plugin register, plan, ${file}:12)`);
      expect(stderr).not.toContain("    at ");
      expect(run([...words, "-v4"], directory).stderr).toMatch(/^ {4}at .*restore\.config\.ts:12:\d+/m);
      const event =
        run([...words, "--json"], directory)
          .stdout.trim()
          .split("\n")
          .at(-1) ?? "";
      expect(JSON.parse(event)).toMatchObject({ error: { thrownBy: { name: "register", stack: expect.any(Array) } } });
    },
  );
});
