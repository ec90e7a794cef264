#!/usr/bin/env node
// Placeholder.
import * as core from "@restage/core";

const [file] = process.argv.slice(2);
if (file === undefined) {
  console.log(`restage: @restage/core has ${Object.keys(core).length} exports`);
} else {
  const { loadUserModule } = await import("./load-user-module.ts");
  console.log(await loadUserModule(file));
}
