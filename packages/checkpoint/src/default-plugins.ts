import { credentials } from "./attributes/credentials.ts";
import { limits } from "./attributes/limits.ts";
import { processAttributes } from "./attributes/process-attributes.ts";
import { seccomp } from "./attributes/seccomp.ts";
import { epolls } from "./events/epoll.ts";
import { eventfds } from "./events/eventfd.ts";
import { inotifies } from "./events/inotify.ts";
import { signalfds } from "./events/signalfd.ts";
import { timerfds } from "./events/timerfd.ts";
import { deletedFiles } from "./files/deleted-files.ts";
import { descriptors } from "./files/descriptors.ts";
import { fifos } from "./files/fifos.ts";
import { fileLocks } from "./files/file-locks.ts";
import { fs } from "./files/fs.ts";
import { pipes } from "./files/pipes.ts";
import { regularFiles } from "./files/regular-files.ts";
import { mappings } from "./memory/mappings.ts";
import { mm } from "./memory/mm.ts";
import { pages } from "./memory/pages.ts";
import { sharedMemory } from "./memory/shared-memory.ts";
import { ipcNamespace } from "./namespaces/ipc/ipc-namespace.ts";
import { mountNamespace } from "./namespaces/mounts/mount-namespace.ts";
import { netNamespace } from "./namespaces/net/net-namespace.ts";
import { nestedNamespaces } from "./namespaces/own-namespaces.ts";
import { timeNamespace } from "./namespaces/time-namespace.ts";
import { userNamespace } from "./namespaces/user-namespace.ts";
import { utsNamespace } from "./namespaces/uts-namespace.ts";
import type { CheckpointPlugin } from "./plugin.ts";
import { signals } from "./signals/signals.ts";
import { inetSockets } from "./sockets/inet-sockets.ts";
import { netlinkSockets } from "./sockets/netlink-sockets.ts";
import { networkLock } from "./sockets/network-lock.ts";
import { unixSockets } from "./sockets/unix-sockets.ts";
import { terminals } from "./terminals/terminals.ts";
import { registers } from "./threads/registers.ts";
import { scheduling } from "./threads/scheduling.ts";
import { threads } from "./threads/threads.ts";
import { timers } from "./timers/timers.ts";
import { objectIds } from "./tree/object-ids.ts";
import { processTree } from "./tree/process-tree.ts";

/** The plugins that save a tree by default; their order is the order of their taps. */
export function defaultCheckpointPlugins(): readonly CheckpointPlugin[] {
  return [
    objectIds(),
    nestedNamespaces(),
    userNamespace(),
    utsNamespace(),
    ipcNamespace(),
    netNamespace(),
    mountNamespace(),
    mappings(),
    pages(),
    mm(),
    fs(),
    descriptors(),
    regularFiles(),
    pipes(),
    fifos(),
    eventfds(),
    signalfds(),
    timerfds(),
    epolls(),
    inotifies(),
    sharedMemory(),
    unixSockets(),
    inetSockets(),
    netlinkSockets(),
    terminals(),
    fileLocks(),
    deletedFiles(),
    registers(),
    threads(),
    scheduling(),
    credentials(),
    seccomp(),
    signals(),
    timers(),
    limits(),
    processAttributes(),
    timeNamespace(),
    processTree(),
    networkLock(),
  ];
}
