/**
 * The duties of a restore, one plugin each.
 *
 * @module
 */
export { limits } from "./attributes/limits/restore.ts";
export { processAttributes } from "./attributes/process/restore.ts";
export { scheduling } from "./attributes/scheduling/restore.ts";
export { cpuinfo } from "./cpuinfo/restore.ts";
export { credentials } from "./credentials/restore.ts";
export { seccomp } from "./seccomp/restore.ts";
export { defaultPlugins } from "./default-restore-plugins.ts";
export { deadProcesses } from "./files/dead-process/restore.ts";
export { deletedFiles } from "./files/deleted-file/restore.ts";
export { descriptors } from "./files/descriptors/restore.ts";
export { fifos } from "./files/fifo/restore.ts";
export { fileLocks } from "./files/file-lock/restore.ts";
export { fileOwners } from "./files/file-owner/restore.ts";
export { fileValidation } from "./files/file-validation/restore.ts";
export { fs } from "./files/fs/restore.ts";
export { inheritedFiles } from "./files/inherited-file/restore.ts";
export { OpenFiles } from "./files/open-files.ts";
export { pipes } from "./files/pipe/restore.ts";
export { regularFiles } from "./files/regular-file/restore.ts";
export { children } from "./forking/children/restore.ts";
export { rootTask } from "./forking/root-task/restore.ts";
export { Sessions, sessions } from "./forking/sessions/restore.ts";
export { mm } from "./memory/mm/restore.ts";
export { privateMemory } from "./memory/private-memory/restore.ts";
export { type VdsoOptions, vdso } from "./memory/vdso/restore.ts";
export { timeNamespace } from "./namespaces/time/restore.ts";
export { pendingSignals } from "./signals/pending/restore.ts";
export { signalActions } from "./signals/actions/restore.ts";
export { inetSockets } from "./sockets/inet/restore.ts";
export { netlinkSockets } from "./sockets/netlink/restore.ts";
export { tcpConnections } from "./sockets/tcp/restore.ts";
export { unixSockets } from "./sockets/unix/restore.ts";
export { registers } from "./threads/registers-x86-64/restore.ts";
export { threads } from "./threads/restore.ts";
export { intervalTimers } from "./timers/interval/restore.ts";
export { posixTimers } from "./timers/posix/restore.ts";
export { FilePassings } from "./transport/file-passings.ts";
export { type Passing, Transport } from "./transport/transport.ts";
export { transportPidfd } from "./transport/pidfd/restore.ts";
export { transportSockets } from "./transport/sockets/restore.ts";
export { unsupported } from "./unsupported.ts";
export { zombiesAndHelpers } from "./forking/zombies-helpers/restore.ts";
