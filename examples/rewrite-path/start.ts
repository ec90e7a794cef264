// Restores the counter with another log.
//
//   npm run example rewrite-path
import { copyFileSync, rmSync, statSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { lastCount, place, showCounter } from "../counter/place.ts";
import { REPOSITORY, runExample } from "../support.ts";

const OTHER_LOG = "/tmp/other-log";

await runExample(async () => {
  place();
  const old = lastCount();
  copyFileSync(`${REPOSITORY}examples/counter/files/log`, OTHER_LOG);
  const size = statSync(OTHER_LOG).size;
  try {
    await showCounter("rewrite-path", async () => {
      await sleep(300);
      console.log(`${OTHER_LOG} ${statSync(OTHER_LOG).size > size ? "grows" : "does not grow"}.`);
      console.log(`The old log ${lastCount() === old ? `still ends with ${old}` : "has changed"}.`);
    });
  } finally {
    rmSync(OTHER_LOG, { force: true });
  }
});
