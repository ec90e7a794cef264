import type { Plugin } from "@restage/core";
import { limits } from "./attributes/limits/dump.ts";
import { processAttributes } from "./attributes/process/dump.ts";
import { scheduling } from "./attributes/scheduling/dump.ts";
import { threadSettings } from "./attributes/thread-settings/dump.ts";
import { cgroups } from "./cgroups/dump.ts";
import { cpuinfo } from "./cpuinfo/dump.ts";
import { credentials } from "./credentials/dump.ts";
import { epolls } from "./event-files/epoll/dump.ts";
import { eventfds } from "./event-files/eventfd/dump.ts";
import { fanotify } from "./event-files/fanotify/dump.ts";
import { inotify } from "./event-files/inotify/dump.ts";
import { signalfds } from "./event-files/signalfd/dump.ts";
import { timerfds } from "./event-files/timerfd/dump.ts";
import { anonymousOwners } from "./files/anonymous-owner/dump.ts";
import { bpfMaps } from "./files/bpf-map/dump.ts";
import { deadProcesses } from "./files/dead-process/dump.ts";
import { deletedFiles } from "./files/deleted-file/dump.ts";
import { descriptors } from "./files/descriptors/dump.ts";
import { fifos } from "./files/fifo/dump.ts";
import { fileLocks } from "./files/file-lock/dump.ts";
import { fs } from "./files/fs/dump.ts";
import { namespaceFiles } from "./files/namespace-file/dump.ts";
import { pidfds } from "./files/pidfd/dump.ts";
import { pipes } from "./files/pipe/dump.ts";
import { regularFiles } from "./files/regular-file/dump.ts";
import { tunFiles } from "./files/tun-file/dump.ts";
import { keyrings } from "./keyrings/dump.ts";
import { landlock } from "./landlock/dump.ts";
import { aio } from "./memory/aio/dump.ts";
import { lazyPages } from "./memory/lazy-pages/dump.ts";
import { memoryLocking } from "./memory/locking/dump.ts";
import { mappings } from "./memory/mappings/dump.ts";
import { memfds } from "./memory/memfd/dump.ts";
import { mm } from "./memory/mm/dump.ts";
import { pageServer } from "./memory/page-server/dump.ts";
import { privateMemory } from "./memory/private-memory/dump.ts";
import { sealing } from "./memory/sealing/dump.ts";
import { denyWriteExecute } from "./memory/write-execute/dump.ts";
import { externalNamespaces } from "./namespaces/external/dump.ts";
import { ipcNamespace } from "./namespaces/ipc/dump.ts";
import { semaphoreUndo } from "./namespaces/ipc/semaphore-undo/dump.ts";
import { mountNamespaces } from "./namespaces/mount/dump.ts";
import { nestedNamespaces } from "./namespaces/nested/dump.ts";
import { netNamespaces } from "./namespaces/net/dump.ts";
import { timeNamespace } from "./namespaces/time/dump.ts";
import { userNamespace } from "./namespaces/user/dump.ts";
import { utsNamespace } from "./namespaces/uts/dump.ts";
import { seccomp } from "./seccomp/dump.ts";
import { selfCheck } from "./self-check/dump.ts";
import { signalActions } from "./signals/actions/dump.ts";
import { pendingSignals } from "./signals/pending/dump.ts";
import { datagrams } from "./sockets/datagrams/dump.ts";
import { inetSockets } from "./sockets/inet/dump.ts";
import { memberships } from "./sockets/memberships/dump.ts";
import { netlinkSockets } from "./sockets/netlink/dump.ts";
import { networkLock } from "./sockets/network-lock/dump.ts";
import { packetSockets } from "./sockets/packet/dump.ts";
import { socketSettings } from "./sockets/settings/dump.ts";
import { tcpConnections } from "./sockets/tcp/dump.ts";
import { unixSockets } from "./sockets/unix/dump.ts";
import { unreadData } from "./sockets/unread/dump.ts";
import { terminals } from "./terminals/dump.ts";
import { threads } from "./threads/dump.ts";
import { registers } from "./threads/registers-x86-64/dump.ts";
import { intervalTimers } from "./timers/interval/dump.ts";
import { posixTimers } from "./timers/posix/dump.ts";
import { objectIds } from "./tree/object-ids/dump.ts";
import { processTree } from "./tree/process-tree/dump.ts";

export {
  aio,
  anonymousOwners,
  bpfMaps,
  cgroups,
  cpuinfo,
  credentials,
  datagrams,
  deadProcesses,
  deletedFiles,
  denyWriteExecute,
  descriptors,
  epolls,
  eventfds,
  externalNamespaces,
  fanotify,
  fifos,
  fileLocks,
  fs,
  inetSockets,
  inotify,
  intervalTimers,
  ipcNamespace,
  keyrings,
  landlock,
  lazyPages,
  limits,
  mappings,
  memberships,
  memfds,
  memoryLocking,
  mm,
  mountNamespaces,
  namespaceFiles,
  nestedNamespaces,
  netlinkSockets,
  netNamespaces,
  networkLock,
  objectIds,
  packetSockets,
  pageServer,
  pendingSignals,
  pidfds,
  pipes,
  posixTimers,
  privateMemory,
  processAttributes,
  processTree,
  registers,
  regularFiles,
  scheduling,
  sealing,
  seccomp,
  selfCheck,
  semaphoreUndo,
  signalActions,
  signalfds,
  socketSettings,
  tcpConnections,
  terminals,
  threadSettings,
  threads,
  timeNamespace,
  timerfds,
  tunFiles,
  unixSockets,
  unreadData,
  userNamespace,
  utsNamespace,
};

/** The plugins that save a tree by default, in the order of their taps. */
export function defaultDumpPlugins(): readonly Plugin[] {
  return [
    objectIds(),
    nestedNamespaces(),
    userNamespace(),
    cgroups(),
    utsNamespace(),
    ipcNamespace(),
    semaphoreUndo(),
    externalNamespaces(),
    netNamespaces(),
    // Before the contents of tmpfs are saved, so that these have the links which it makes.
    deletedFiles(),
    mountNamespaces(),
    mappings(),
    aio(),
    pageServer(),
    lazyPages(),
    privateMemory(),
    mm(),
    memoryLocking(),
    denyWriteExecute(),
    sealing(),
    fs(),
    descriptors(),
    regularFiles(),
    pipes(),
    fifos(),
    eventfds(),
    signalfds(),
    timerfds(),
    epolls(),
    inotify(),
    fanotify(),
    pidfds(),
    namespaceFiles(),
    tunFiles(),
    bpfMaps(),
    memfds(),
    unixSockets(),
    // First: the tables of sockets are read when nothing arrives at connections any more.
    tcpConnections(),
    inetSockets(),
    datagrams(),
    netlinkSockets(),
    packetSockets(),
    socketSettings(),
    memberships(),
    unreadData(),
    anonymousOwners(),
    terminals(),
    fileLocks(),
    deadProcesses(),
    registers(),
    threads(),
    scheduling(),
    threadSettings(),
    credentials(),
    seccomp(),
    landlock(),
    keyrings(),
    signalActions(),
    pendingSignals(),
    intervalTimers(),
    posixTimers(),
    limits(),
    processAttributes(),
    timeNamespace(),
    processTree(),
    cpuinfo(),
    networkLock(),
    selfCheck(),
  ];
}
