/**
 * The parts of a restore, for the `restage` command and the default plugins. No stability is promised.
 *
 * @module
 */
export { Barrier, NotStarted, type Participant } from "./barrier.ts";
export { RESTORE } from "./direction.ts";
export { FILE_MEMBERS } from "./entry-kinds.ts";
export { createRestoreHooks } from "./hooks.ts";
export { guard } from "./image-errors.ts";
export { ImageSet, openSource } from "./image-set.ts";
export { DEFAULT_OPTIONS } from "./options.ts";
export { Plan } from "./plan.ts";
export { readImages } from "./read-images.ts";
export { type PlannedRestore, planRestore, restore } from "./restore.ts";
export { ServiceDescriptors } from "./service-descriptors.ts";
export { StubTask } from "./stub.ts";
export { Task, Thread } from "./task.ts";
export { prepare, Template } from "./template.ts";
export { kindOf, readTree, Tree } from "./tree.ts";
