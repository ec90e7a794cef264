// Restores the counter, which ran as root, as another user.
//
//   npm run example another-user
import { readFileSync } from "node:fs";
import { PID, showCounter, watchCounter } from "../counter/place.ts";
import { runExample } from "../support.ts";

await runExample(() =>
  showCounter("another-user", async () => {
    const status = readFileSync(`/proc/${PID}/status`, "utf8");
    console.log(/^Uid:.*$/m.exec(status)?.[0]);
    console.log(/^CapEff:.*$/m.exec(status)?.[0]);
    await watchCounter();
  }),
);
