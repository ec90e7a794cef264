// Restores a counter with the defaults, and watches it count.
//
//   npm run example defaults
import { showCounter, watchCounter } from "../counter/place.ts";
import { runExample } from "../support.ts";

await runExample(() => showCounter("defaults", watchCounter));
