// Restores a web server with another environment and another secret.
//
//   npm run example change-secret
import { readFileSync } from "node:fs";
import { PID, PORT, showServer, visit } from "../server/place.ts";
import { runExample } from "../support.ts";

await runExample(() =>
  showServer("change-secret", async () => {
    console.log(await visit(PORT));
    const environment = readFileSync(`/proc/${PID}/environ`, "latin1").split("\0");
    console.log(environment.find((variable) => variable.startsWith("GREETING=")));
  }),
);
