/**
 * The duties of a restore, one plugin each.
 *
 * @module
 */
export { limits } from "./attributes/limits.ts";
export { processAttributes } from "./attributes/process-attributes.ts";
export { scheduling } from "./attributes/scheduling.ts";
export { credentials } from "./credentials/credentials.ts";
export { defaultPlugins } from "./default-plugins.ts";
export { descriptors } from "./files/descriptors.ts";
export { fs } from "./files/fs.ts";
export { OpenFiles } from "./files/open-files.ts";
export { regularFiles } from "./files/regular-files.ts";
export { rootTask } from "./forking/root-task.ts";
export { sessions } from "./forking/sessions.ts";
export { mm } from "./memory/mm.ts";
export { privateMemory } from "./memory/private-memory.ts";
export { vdso, type VdsoOptions } from "./memory/vdso.ts";
export { timeNamespace } from "./namespaces/time-namespace.ts";
export { signalActions } from "./signals/signal-actions.ts";
export { registers } from "./threads/registers-x86-64.ts";
export { threads } from "./threads/threads.ts";
export { unsupported } from "./unsupported.ts";
