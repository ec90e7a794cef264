// The counter continues in another log: the plugin rewrites its path before anything is planned.
//
//   cp examples/counter/files/log /tmp/other-log
//   restage restore --config examples/rewrite-path/restore.config.ts -d
import { fileURLToPath } from "node:url";
import { defineConfig } from "@restage/core";
import { remapPaths } from "@restage/plugins";

export default defineConfig({
  images: fileURLToPath(new URL("../counter/checkpoint", import.meta.url)),
  plugins: [remapPaths({ "/tmp/restage-fixtures/counter/log": "/tmp/other-log" })],
});
