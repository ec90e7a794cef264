// Restores the counter with a new plugin, and shows its umask.
//
//   npm run example first-plugin
import { readFileSync } from "node:fs";
import { PID, showCounter, watchCounter } from "../counter/place.ts";
import { runExample } from "../support.ts";

await runExample(() =>
  showCounter("first-plugin", async () => {
    console.log(/^Umask:.*$/m.exec(readFileSync(`/proc/${PID}/status`, "utf8"))?.[0]);
    await watchCounter();
  }),
);
