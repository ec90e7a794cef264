// Restores with the defaults: only the checkpoint is named.
//
//   restage restore --config examples/defaults/restore.config.ts -d
import { fileURLToPath } from "node:url";
import { defineConfig } from "@restage/core";

export default defineConfig({
  images: fileURLToPath(new URL("../counter/checkpoint", import.meta.url)),
});
