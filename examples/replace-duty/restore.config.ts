// Replaces one duty, `scheduling`, with a plugin that gives every thread the same nice value.
//
//   restage restore --config examples/replace-duty/restore.config.ts -d
import { fileURLToPath } from "node:url";
import { defineConfig } from "@restage/core";
import { beNice } from "./be-nice.ts";

export default defineConfig({
  images: fileURLToPath(new URL("../counter/checkpoint", import.meta.url)),
  plugins: [beNice(10)],
});
