/** The code that the command loads only for checkpoints, and to list their plugins, in a file of its own. */

export { dump } from "@restage/core/dump";
export * from "@restage/plugins/dump";
export { checkpointCommand, preDumpCommand } from "./commands/checkpoint.ts";
export { pluginsCommand } from "./commands/plugins.ts";
export { serveDump, servePreDump } from "./rpc/serve-dump.ts";
