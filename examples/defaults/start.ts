// Restores a counter with the defaults, and watches it count.
//
//   npm run example defaults
import { showCounter, watchCounter } from "../counter/place.ts";
import { tell } from "../story.ts";

await tell(() => showCounter("defaults", watchCounter));
