// Restores the counter with a new plugin: `private-files.ts`, tested by `private-files.test.ts`.
//
//   restage restore --config examples/first-plugin/restore.config.ts -d
import { fileURLToPath } from "node:url";
import { defineConfig } from "@restage/core";
import { privateFiles } from "./private-files.ts";

export default defineConfig({
  images: fileURLToPath(new URL("../counter/checkpoint", import.meta.url)),
  plugins: [privateFiles()],
});
