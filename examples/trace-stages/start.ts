// Restores the counter, and prints every transition of every stage.
//
//   npm run example trace-stages
import { showCounter, watchCounter } from "../counter/place.ts";
import { tell } from "../story.ts";

await tell(() => showCounter("trace-stages", watchCounter));
