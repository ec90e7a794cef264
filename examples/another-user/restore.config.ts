// Restores the counter as the user `nobody`.
//
//   restage restore --config examples/another-user/restore.config.ts -d
import { fileURLToPath } from "node:url";
import { defineConfig } from "@restage/core";
import { runAs } from "@restage/plugins";

export default defineConfig({
  images: fileURLToPath(new URL("../counter/checkpoint", import.meta.url)),
  plugins: [runAs("nobody")],
});
