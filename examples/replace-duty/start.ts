// Restores the counter with a plugin in place of a default one, and looks at its nice value.
//
//   npm run example replace-duty
import { getPriority } from "node:os";
import { PID, showCounter } from "../counter/place.ts";
import { tell } from "../story.ts";

await tell(() => showCounter("replace-duty", () => console.log(`Its nice value is ${getPriority(PID)}.`)));
