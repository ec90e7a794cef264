/** The names that the files of a new plugin use. */
export interface PluginNames {
  /** As errors and plans show it. */
  readonly plugin: string;
  /** Of the function that makes it. */
  readonly function: string;
}

export function pluginSource({ plugin, function: name }: PluginNames): string {
  return `import { definePlugin, type Plugin } from "@restage/core";

/** What \`${name}\` changes. */
export interface Options {
  /** The permissions that new files do not get. Default: those of the group and of others. */
  readonly mask?: number;
}

/** Makes the files private that the restored tree creates from now on. */
export function ${name}({ mask = 0o077 }: Options = {}): Plugin {
  return definePlugin({
    name: "${plugin}",
    // Its taps run after those of the duty that restores the umask.
    needs: ["fs"],
    apply({ plan, stages }) {
      // Before any task exists: what cannot be done is refused.
      plan.tap("${plugin}", (plan) => {
        for (const { pid, fs } of plan.survivors) {
          const old = fs.umask ?? 0;
          if ((old & ~mask) === 0) continue;
          const why = \`its own umask \${old.toString(8)} is stricter than \${mask.toString(8)}\`;
          plan.refuse({ what: "umask", why, pid, hint: "choose a stricter mask" });
        }
      });
      // Each task records the calls that it will make itself.
      stages.RESTORE.task.tap("${plugin}", (task) => {
        if (task.survives) task.call.umask(mask);
      });
    },
  });
}
`;
}

export function pluginTest({ plugin, function: name }: PluginNames, module: string): string {
  return `import assert from "node:assert/strict";
import { test } from "node:test";
import { testPlan, testPlugin } from "@restage/core/testing";
import { ${name} } from "${module}";

// A recording kernel replaces the real one: the test needs neither root nor images.
test("every task gets the umask", async () => {
  const task = { pid: 7, children: [{ pid: 8 }] };
  const lines = await testPlugin(${name}(), { stage: "RESTORE", task });
  assert.deepEqual(lines, ["7 RESTORE ${plugin}: umask(077)", "8 RESTORE ${plugin}: umask(077)"]);
});

test("a mask that is less strict than that of a task is refused", async () => {
  const [finding] = await testPlan(${name}({ mask: 0o002 }), { task: { pid: 7, fs: { umask: 0o022 } } });
  assert.equal(finding?.severity, "refused");
  assert.equal(finding.what, "umask");
});
`;
}

export function configSource({ function: name }: PluginNames, module: string): string {
  return `import { defineConfig } from "@restage/core";
import { ${name} } from "${module}";

export default defineConfig({
  images: "./checkpoint",
  plugins: [${name}()],
});
`;
}

const COMPILER_OPTIONS = {
  target: "es2023",
  module: "nodenext",
  types: ["node"],
  strict: true,
  skipLibCheck: true,
};

/** `tsconfig.json` of a project, whose runtime needs no build. */
export const PROJECT_TYPES = {
  compilerOptions: {
    ...COMPILER_OPTIONS,
    allowImportingTsExtensions: true,
    noEmit: true,
  },
  include: ["*.ts"],
};

/** `tsconfig.json` of a package, which is published as JavaScript with declarations. */
export const PACKAGE_TYPES = {
  compilerOptions: {
    ...COMPILER_OPTIONS,
    rewriteRelativeImportExtensions: true,
    declaration: true,
    rootDir: "src",
    outDir: "dist",
  },
  include: ["src"],
  exclude: ["src/*.test.ts"],
};

export function packageReadme(name: string, { function: made }: PluginNames): string {
  return `# ${name}

A plugin for Restage. It makes the files private that the restored tree creates from now on.

\`\`\`ts
import { defineConfig } from "@restage/core";
import { ${made} } from "${name}";

export default defineConfig({
  images: "./checkpoint",
  plugins: [${made}({ mask: 0o077 })],
});
\`\`\`
`;
}
