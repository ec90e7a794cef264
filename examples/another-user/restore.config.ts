// Restores the counter as the user `nobody`.
//
//   restage restore --config examples/another-user/restore.config.ts -d
import { fileURLToPath } from "node:url";
import { defineConfig } from "@restage/core";
import { asUser } from "./as-user.ts";

const NOBODY = 65534;

export default defineConfig({
  images: fileURLToPath(new URL("../counter/checkpoint", import.meta.url)),
  plugins: [asUser(NOBODY, NOBODY)],
});
