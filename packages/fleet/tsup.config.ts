import { defineConfig } from "tsup";

export default defineConfig({
  entry: ["src/mod.ts"],
  format: "esm",
  dts: true,
  target: "node20",
  clean: true,
});
