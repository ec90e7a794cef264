import type { RestorePlugin } from "@restage/core";
import { actionScripts } from "./action-scripts.ts";
import { limits } from "./attributes/limits.ts";
import { processAttributes } from "./attributes/process-attributes.ts";
import { scheduling } from "./attributes/scheduling.ts";
import { cgroups } from "./cgroups/cgroups.ts";
import { cpuinfo } from "./cpu/cpuinfo.ts";
import { credentials } from "./credentials/credentials.ts";
import { seccomp } from "./credentials/seccomp.ts";
import { epolls } from "./event-files/epolls.ts";
import { eventfds } from "./event-files/eventfds.ts";
import { fanotify } from "./event-files/fanotify.ts";
import { inotify } from "./event-files/inotify.ts";
import { signalfds } from "./event-files/signalfds.ts";
import { timerfds } from "./event-files/timerfds.ts";
import { bpfMaps } from "./files/bpf-maps.ts";
import { deadProcesses } from "./files/dead-processes.ts";
import { deletedFiles } from "./files/deleted-files.ts";
import { descriptors } from "./files/descriptors.ts";
import { fifos } from "./files/fifos.ts";
import { fileLocks } from "./files/file-locks.ts";
import { fileOwners } from "./files/file-owners.ts";
import { fileValidation } from "./files/file-validation.ts";
import { fs } from "./files/fs.ts";
import { inheritedFiles } from "./files/inherited-files.ts";
import { namespaceFiles } from "./files/namespace-files.ts";
import { pidfds } from "./files/pidfds.ts";
import { pipes } from "./files/pipes.ts";
import { regularFiles } from "./files/regular-files.ts";
import { tunFiles } from "./files/tun-files.ts";
import { children } from "./forking/children.ts";
import { rootTask } from "./forking/root-task.ts";
import { sessions } from "./forking/sessions.ts";
import { zombiesBefore } from "./forking/zombies-before.ts";
import { aio } from "./memory/aio.ts";
import { memfds } from "./memory/memfds.ts";
import { mm } from "./memory/mm.ts";
import { privateMemory } from "./memory/private-memory.ts";
import { sharedMappings } from "./memory/shared-mappings.ts";
import { systemVMappings } from "./memory/system-v-mappings.ts";
import { vdso } from "./memory/vdso.ts";
import { init } from "./namespaces/init.ts";
import { ipcNamespace } from "./namespaces/ipc/ipc-namespace.ts";
import { joinNamespaces } from "./namespaces/join-namespaces.ts";
import { mountNamespaces } from "./namespaces/mounts/mount-namespaces.ts";
import { netNamespaces } from "./namespaces/net/net-namespaces.ts";
import { timeNamespace } from "./namespaces/time-namespace.ts";
import { userNamespace } from "./namespaces/user-namespace.ts";
import { utsNamespace } from "./namespaces/uts-namespace.ts";
import { pendingSignals } from "./signals/pending-signals.ts";
import { signalActions } from "./signals/signal-actions.ts";
import { inetSockets } from "./sockets/inet-sockets.ts";
import { netlinkSockets } from "./sockets/netlink-sockets.ts";
import { packetSockets } from "./sockets/packet-sockets.ts";
import { tcpConnections } from "./sockets/tcp-connections.ts";
import { unixSockets } from "./sockets/unix-sockets.ts";
import { terminals } from "./terminals/terminals.ts";
import { registers } from "./threads/registers-x86-64.ts";
import { threads } from "./threads/threads.ts";
import { intervalTimers } from "./timers/interval-timers.ts";
import { posixTimers } from "./timers/posix-timers.ts";
import { transportSockets } from "./transport/transport-sockets.ts";
import { unsupported } from "./unsupported.ts";
import { zombiesAndHelpers } from "./zombies-helpers/zombies-helpers.ts";

/**
 * The plugins that restore what CRIU restores, one for each duty. Their order is the order in which a stage's taps run: memory before files before
 * threads, limits last; seccomp before credentials.
 */
export function defaultPlugins(): RestorePlugin[] {
  return [
    unsupported(),
    actionScripts(),
    cpuinfo(),
    init(),
    zombiesBefore(),
    cgroups(),
    rootTask(),
    userNamespace(),
    timeNamespace(),
    joinNamespaces(),
    utsNamespace(),
    ipcNamespace(),
    netNamespaces(),
    mountNamespaces(),
    regularFiles(),
    fileValidation(),
    deletedFiles(),
    descriptors(),
    memfds(),
    privateMemory(),
    sharedMappings(),
    systemVMappings(),
    aio(),
    transportSockets(),
    sessions(),
    children(),
    terminals(),
    deadProcesses(),
    pidfds(),
    namespaceFiles(),
    tunFiles(),
    bpfMaps(),
    pipes(),
    unixSockets(),
    inetSockets(),
    tcpConnections(),
    netlinkSockets(),
    packetSockets(),
    inheritedFiles(),
    fifos(),
    eventfds(),
    signalfds(),
    timerfds(),
    epolls(),
    inotify(),
    fanotify(),
    fileOwners(),
    fileLocks(),
    vdso(),
    mm(),
    processAttributes(),
    fs(),
    threads(),
    zombiesAndHelpers(),
    signalActions(),
    pendingSignals(),
    posixTimers(),
    intervalTimers(),
    scheduling(),
    limits(),
    seccomp(),
    credentials(),
    registers(),
  ];
}
