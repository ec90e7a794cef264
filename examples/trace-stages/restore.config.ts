// Prints when each stage starts and ends, and which tasks take part.
//
//   restage restore --config examples/trace-stages/restore.config.ts -d
import { fileURLToPath } from "node:url";
import { defineConfig } from "@restage/core";
import { traceStages } from "./trace-stages.ts";

export default defineConfig({
  images: fileURLToPath(new URL("../counter/checkpoint", import.meta.url)),
  plugins: [traceStages((line) => console.log(line))],
});
