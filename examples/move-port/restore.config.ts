// Restores the web server on another port. It remembers how many visitors it had.
//
//   restage restore --config examples/move-port/restore.config.ts -d
//   curl http://127.0.0.1:8098/
import { fileURLToPath } from "node:url";
import { defineConfig } from "@restage/core";
import { movePorts } from "@restage/plugins";

export default defineConfig({
  images: fileURLToPath(new URL("../server/checkpoint", import.meta.url)),
  plugins: [movePorts({ 8097: 8098 })],
});
