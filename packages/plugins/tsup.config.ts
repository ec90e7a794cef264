import { defineConfig } from "tsup";

export default defineConfig({
  entry: ["src/mod.ts", "src/dump.ts", "src/pages.ts", "src/default-restore-plugins.ts", "src/testing.ts"],
  format: "esm",
  dts: true,
  target: "node20",
  clean: true,
});
