// Restores the counter with a plugin that replaces a default one, and shows its nice value.
//
//   npm run example replace-duty
import { getPriority } from "node:os";
import { PID, showCounter } from "../counter/place.ts";
import { runExample } from "../support.ts";

await runExample(() => showCounter("replace-duty", () => console.log(`Its nice value is ${getPriority(PID)}.`)));
