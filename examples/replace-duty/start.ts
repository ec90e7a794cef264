// Restores the counter with a plugin that replaces a default one, and shows its nice value.
//
//   npm run example replace-duty
import { getPriority } from "node:os";
import { PID, showCounter } from "../counter/place.ts";
import { tell } from "../story.ts";

await tell(() => showCounter("replace-duty", () => console.log(`Its nice value is ${getPriority(PID)}.`)));
