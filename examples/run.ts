// Runs an example, or lists all examples.
//
//   npm run example NAME
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const [name] = process.argv.slice(2);
const start = new URL(`./${name}/start.ts`, import.meta.url);
if (name === undefined) console.log(readFileSync(fileURLToPath(new URL("README.md", import.meta.url)), "utf8"));
else if (existsSync(start)) await import(start.href);
else {
  console.error(`There is no example ${name}: \`npm run example\` lists them.`);
  process.exitCode = 1;
}
