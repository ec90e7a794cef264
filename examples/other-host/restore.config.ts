// Restores the web server, which was in its own UTS and network namespaces, with another host name and address.
//
//   restage restore --config examples/other-host/restore.config.ts -d
//   nsenter --net --target 20060 curl http://192.0.2.7:8097/
import { fileURLToPath } from "node:url";
import { defineConfig } from "@restage/core";
import { hostname, moveAddresses } from "@restage/plugins";

export default defineConfig({
  images: fileURLToPath(new URL("../server/checkpoint-in-namespaces", import.meta.url)),
  plugins: [hostname("second-host"), moveAddresses({ "127.0.0.1": "192.0.2.7" }, { addTo: "lo" })],
});
