// Restores with the defaults: names only the checkpoint.
//
//   restage restore --config examples/defaults/restore.config.ts -d
import { fileURLToPath } from "node:url";
import { defineConfig } from "@restage/core";

export default defineConfig({
  images: fileURLToPath(new URL("../counter/checkpoint", import.meta.url)),
});
