/**
 * The duties of a checkpoint, one plugin each.
 *
 * @module
 */
export * from "./default-dump-plugins.ts";
export { preDumpPlugins } from "./pre-dump-plugins.ts";
