import { defineConfig } from "tsup";

export default defineConfig({
  entry: [
    "src/mod.ts",
    "src/restore/mod.ts",
    "src/dump/mod.ts",
    "src/internal.ts",
    "src/dry-run/mod.ts",
    "src/testing/mod.ts",
  ],
  format: "esm",
  dts: true,
  target: "node20",
  clean: true,
});
