// Placeholder.
import * as core from "@restage/core";

console.log(`counter: @restage/core has ${Object.keys(core).length} exports`);
