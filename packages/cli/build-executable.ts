// Builds `dist-executable/restage`, one file with the command and its runtime, for Linux on x86-64. Licences are written beside it.
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { licensesOf } from "../../tools/bundled-licenses.ts";
import { bundleCommand } from "./bundle.ts";

const here = import.meta.dirname;
const modules = join(here, "../../node_modules");
const directory = join(here, "dist-executable");
rmSync(directory, { recursive: true, force: true });
mkdirSync(directory);

// Bun's bundler would wrap every module in a function, because some are imported dynamically. That makes a start slower.
process.chdir(here);
const code = join(directory, "code");
const chunks = await bundleCommand(code);

const metafile = join(directory, "metafile.json");
const options = [
  "--compile",
  "--target=bun-linux-x64",
  // Compiling takes longer than a small restore, so it is done here.
  "--bytecode",
  "--format=cjs",
  // Code that runs a few times is not optimized: that costs a small restore a fifth of its processor time and makes it no faster.
  "--compile-jit-policy=10",
  "--minify-whitespace",
  "--minify-syntax",
  // Node needs the first two. cosmiconfig has its own way to load TypeScript, which is never used.
  "--external=jiti",
  "--external=koffi",
  "--external=typescript",
  // Files in the directory where the command is started are not settings of its runtime.
  "--no-compile-autoload-dotenv",
  "--no-compile-autoload-bunfig",
  `--metafile=${metafile}`,
  `--outfile=${join(directory, "restage")}`,
];
const build = (...more: readonly string[]) =>
  execFileSync(join(modules, ".bin/bun"), ["build", ...options, ...more, join(code, "main.cjs")]);
build();
// The compiled code that a dry run of a restore uses is put together, in the order of its use: a start then reads less of the file, and earlier.
const order = join(directory, "order");
const restore = ["plan", "--json", "--no-config", "-D", join(here, "../../examples/counter/checkpoint")];
execFileSync(join(directory, "restage"), restore, { env: { BUN_BYTECODE_ORDER_OUT: order }, stdio: "ignore" });
build(`--bytecode-order=${order}`);
rmSync(order);
rmSync(code, { recursive: true });

const { inputs } = JSON.parse(readFileSync(metafile, "utf8")) as { inputs: object };
rmSync(metafile);
const runtime = "The executable contains Bun, whose licences are listed at https://bun.com/docs/project/licensing.\n";
const modulesOfCode = chunks.flatMap(({ moduleIds }) => moduleIds);
const licenses = licensesOf([...modulesOfCode, ...Object.keys(inputs), `${modules}/bun/package.json`]);
writeFileSync(join(directory, "THIRD_PARTY_LICENSES"), [runtime, ...licenses].join("\n"));
copyFileSync(join(here, "LICENSE"), join(directory, "LICENSE"));
