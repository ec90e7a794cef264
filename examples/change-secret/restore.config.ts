// Restores the web server with another greeting in its environment and another secret in its memory.
//
//   restage restore --config examples/change-secret/restore.config.ts -d
//   curl http://127.0.0.1:8097/
import { fileURLToPath } from "node:url";
import { defineConfig } from "@restage/core";
import { environment, replaceText } from "@restage/plugins";

export default defineConfig({
  images: fileURLToPath(new URL("../server/checkpoint", import.meta.url)),
  plugins: [environment({ GREETING: "Salve" }), replaceText({ "secret-of-the-checkpoint": "a-newer-secret" })],
});
