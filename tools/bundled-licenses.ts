import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Options } from "tsup";

type EsbuildPlugin = NonNullable<Options["esbuildPlugins"]>[number];

/** Writes the licences of the packages in a bundle to `THIRD_PARTY_LICENSES`, in the same directory. */
export function bundledLicenses(outdir: string): EsbuildPlugin {
  return {
    name: "bundled-licenses",
    setup(build) {
      build.initialOptions.metafile = true;
      build.onEnd(({ metafile }) => {
        const inputs = Object.values(metafile?.outputs ?? {}).flatMap((output) => Object.keys(output.inputs));
        const texts = licensesOf(inputs);
        if (texts.length === 0) return;
        mkdirSync(outdir, { recursive: true });
        writeFileSync(join(outdir, "THIRD_PARTY_LICENSES"), texts.join("\n"));
      });
    },
  };
}

/** The licences of the packages that contain these files, ordered by name. */
export function licensesOf(files: readonly string[]): string[] {
  const folders = new Set(files.map(packageFolder).filter((folder) => folder !== undefined));
  return [...folders].map(licenseText).sort();
}

/** The folder of the package in `node_modules` that contains a file. */
export function packageFolder(file: string): string | undefined {
  return /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(file)?.[0];
}

function licenseText(folder: string): string {
  const { name, version, license } = JSON.parse(readFileSync(resolve(folder, "package.json"), "utf8"));
  const files = readdirSync(folder).filter((file) => /^(licen[cs]e|notice)/i.test(file));
  const texts = files.map((file) => readFileSync(join(folder, file), "utf8").trim());
  return `${name} ${version} (${license})\n\n${texts.join("\n\n")}\n`;
}
