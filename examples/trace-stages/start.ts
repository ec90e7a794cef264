// Restores the counter, and prints every transition of every stage.
//
//   npm run example trace-stages
import { showCounter, watchCounter } from "../counter/place.ts";
import { runExample } from "../support.ts";

await runExample(() => showCounter("trace-stages", watchCounter));
