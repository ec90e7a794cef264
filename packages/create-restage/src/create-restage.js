#!/usr/bin/env node
// `npm create restage DIR` is `restage init DIR`.
process.argv.splice(2, 0, "init");
await import("restage/command");
