import { spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { describeUnless, untrustedRepository } from "../support/requirements.ts";
import { COMMAND, ROOT } from "../support/restage.ts";
import { privateDirectory } from "../support/temporary-directory.ts";
import { until } from "../support/until.ts";

const CHECKPOINT = join(ROOT, "examples/counter/checkpoint");
const CONFIG = `import { defineConfig } from "@restage/core";
import { mask } from "./mask.ts";
export default defineConfig({ images: ${JSON.stringify(CHECKPOINT)}, plugins: [mask] });
`;
const plugin = (call: string) => `import { definePlugin } from "@restage/core";
export const mask = definePlugin({
  name: "mask",
  apply: ({ stages }) => stages.RESTORE.task.tap("mask", (task) => { task.call.${call}; }),
});
`;

describeUnless(untrustedRepository, "restage plan --watch", () => {
  it("plans again when a module of the configuration changes, also after a mistake in it", async () => {
    const directory = privateDirectory("watch");
    const [module, output] = [join(directory, "mask.ts"), join(directory, "output")];
    writeFileSync(join(directory, "restore.config.ts"), CONFIG);
    writeFileSync(module, plugin("umask(0o011)"));
    writeFileSync(output, "");
    const command = `exec "$0" "$1" plan --watch >${output} 2>&1`;
    const child = spawn("sh", ["-c", command, process.execPath, COMMAND], { cwd: directory });
    onTestFinished(() => void child.kill());
    const printed = (text: string) => until(() => readFileSync(output, "utf8").includes(text), `the plan has ${text}`);

    await printed("nothing was changed");
    expect(readFileSync(output, "utf8")).toContain("umask(011)");
    writeFileSync(module, plugin("umsk(0o012)"));
    await printed("umsk is not a function");
    expect(readFileSync(output, "utf8")).toContain(`${module} has changed`);
    writeFileSync(module, plugin("umask(0o013)"));
    await printed("umask(013)");
  });
});
