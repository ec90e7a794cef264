/**
 * The duties of a restore, one plugin each.
 *
 * @module
 */
export { limits } from "./attributes/limits.ts";
export { processAttributes } from "./attributes/process-attributes.ts";
export { scheduling } from "./attributes/scheduling.ts";
export { cpuinfo } from "./cpu/cpuinfo.ts";
export { credentials } from "./credentials/credentials.ts";
export { seccomp } from "./credentials/seccomp.ts";
export { defaultPlugins } from "./default-plugins.ts";
export { deadProcesses } from "./files/dead-processes.ts";
export { deletedFiles } from "./files/deleted-files.ts";
export { descriptors } from "./files/descriptors.ts";
export { fifos } from "./files/fifos.ts";
export { fileLocks } from "./files/file-locks.ts";
export { fileOwners } from "./files/file-owners.ts";
export { fileValidation } from "./files/file-validation.ts";
export { fs } from "./files/fs.ts";
export { inheritedFiles } from "./files/inherited-files.ts";
export { OpenFiles } from "./files/open-files.ts";
export { pipes } from "./files/pipes.ts";
export { regularFiles } from "./files/regular-files.ts";
export { children } from "./forking/children.ts";
export { rootTask } from "./forking/root-task.ts";
export { Sessions, sessions } from "./forking/sessions.ts";
export { mm } from "./memory/mm.ts";
export { privateMemory } from "./memory/private-memory.ts";
export { type VdsoOptions, vdso } from "./memory/vdso.ts";
export { timeNamespace } from "./namespaces/time-namespace.ts";
export { pendingSignals } from "./signals/pending-signals.ts";
export { signalActions } from "./signals/signal-actions.ts";
export { inetSockets } from "./sockets/inet-sockets.ts";
export { netlinkSockets } from "./sockets/netlink-sockets.ts";
export { tcpConnections } from "./sockets/tcp-connections.ts";
export { unixSockets } from "./sockets/unix-sockets.ts";
export { registers } from "./threads/registers-x86-64.ts";
export { threads } from "./threads/threads.ts";
export { intervalTimers } from "./timers/interval-timers.ts";
export { posixTimers } from "./timers/posix-timers.ts";
export { FilePassings } from "./transport/file-passings.ts";
export { type Passing, Transport } from "./transport/transport.ts";
export { transportPidfd } from "./transport/transport-pidfd.ts";
export { transportSockets } from "./transport/transport-sockets.ts";
export { unsupported } from "./unsupported.ts";
export { zombiesAndHelpers } from "./zombies-helpers/zombies-helpers.ts";
