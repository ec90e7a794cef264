import type { Plugin } from "@restage/core";
import { actionScripts } from "./action-scripts/restore.ts";
import { limits } from "./attributes/limits/restore.ts";
import { processAttributes } from "./attributes/process/restore.ts";
import { scheduling } from "./attributes/scheduling/restore.ts";
import { threadSettings } from "./attributes/thread-settings/restore.ts";
import { cgroups } from "./cgroups/restore.ts";
import { cpuinfo } from "./cpuinfo/restore.ts";
import { credentials } from "./credentials/restore.ts";
import { criuPlugins } from "./criu-plugins/restore.ts";
import { epolls } from "./event-files/epoll/restore.ts";
import { eventfds } from "./event-files/eventfd/restore.ts";
import { fanotify } from "./event-files/fanotify/restore.ts";
import { inotify } from "./event-files/inotify/restore.ts";
import { signalfds } from "./event-files/signalfd/restore.ts";
import { timerfds } from "./event-files/timerfd/restore.ts";
import { anonymousOwners } from "./files/anonymous-owner/restore.ts";
import { bpfMaps } from "./files/bpf-map/restore.ts";
import { deadProcesses } from "./files/dead-process/restore.ts";
import { deletedFiles } from "./files/deleted-file/restore.ts";
import { descriptors } from "./files/descriptors/restore.ts";
import { fifos } from "./files/fifo/restore.ts";
import { fileLocks } from "./files/file-lock/restore.ts";
import { fileOwners } from "./files/file-owner/restore.ts";
import { fileValidation } from "./files/file-validation/restore.ts";
import { fs } from "./files/fs/restore.ts";
import { inheritedFiles } from "./files/inherited-file/restore.ts";
import { namespaceFiles } from "./files/namespace-file/restore.ts";
import { pidfds } from "./files/pidfd/restore.ts";
import { pipes } from "./files/pipe/restore.ts";
import { regularFiles } from "./files/regular-file/restore.ts";
import { tunFiles } from "./files/tun-file/restore.ts";
import { children } from "./forking/children/restore.ts";
import { pidPolicy } from "./forking/pid-policy/restore.ts";
import { rootTask } from "./forking/root-task/restore.ts";
import { sessions } from "./forking/sessions/restore.ts";
import { zombiesAndHelpers } from "./forking/zombies-helpers/restore.ts";
import { aio } from "./memory/aio/restore.ts";
import { lazyPages } from "./memory/lazy-pages/restore.ts";
import { memoryLocking } from "./memory/locking/restore.ts";
import { memfds } from "./memory/memfd/restore.ts";
import { mm } from "./memory/mm/restore.ts";
import { privateMemory } from "./memory/private-memory/restore.ts";
import { sealing } from "./memory/sealing/restore.ts";
import { sharedMappings } from "./memory/shared-mappings/restore.ts";
import { systemVMappings } from "./memory/system-v/restore.ts";
import { vdso } from "./memory/vdso/restore.ts";
import { denyWriteExecute } from "./memory/write-execute/restore.ts";
import { init } from "./namespaces/init/restore.ts";
import { ipcNamespace } from "./namespaces/ipc/restore.ts";
import { joinNamespaces } from "./namespaces/join/restore.ts";
import { mountNamespaces } from "./namespaces/mount/restore.ts";
import { nestedNamespaces } from "./namespaces/nested/restore.ts";
import { netNamespaces } from "./namespaces/net/restore.ts";
import { timeNamespace } from "./namespaces/time/restore.ts";
import { userNamespace } from "./namespaces/user/restore.ts";
import { utsNamespace } from "./namespaces/uts/restore.ts";
import { seccomp } from "./seccomp/restore.ts";
import { signalActions } from "./signals/actions/restore.ts";
import { pendingSignals } from "./signals/pending/restore.ts";
import { datagrams } from "./sockets/datagrams/restore.ts";
import { inetSockets } from "./sockets/inet/restore.ts";
import { memberships } from "./sockets/memberships/restore.ts";
import { netlinkSockets } from "./sockets/netlink/restore.ts";
import { packetSockets } from "./sockets/packet/restore.ts";
import { socketSettings } from "./sockets/settings/restore.ts";
import { largeBuffers } from "./sockets/socket-options/large-buffers.ts";
import { tcpConnections } from "./sockets/tcp/restore.ts";
import { unixSockets } from "./sockets/unix/restore.ts";
import { terminals } from "./terminals/restore.ts";
import { registers } from "./threads/registers-x86-64/restore.ts";
import { threads } from "./threads/restore.ts";
import { intervalTimers } from "./timers/interval/restore.ts";
import { posixTimers } from "./timers/posix/restore.ts";
import { transportSockets } from "./transport/sockets/restore.ts";

export {
  actionScripts,
  aio,
  anonymousOwners,
  bpfMaps,
  cgroups,
  children,
  cpuinfo,
  credentials,
  criuPlugins,
  datagrams,
  deadProcesses,
  deletedFiles,
  denyWriteExecute,
  descriptors,
  epolls,
  eventfds,
  fanotify,
  fifos,
  fileLocks,
  fileOwners,
  fileValidation,
  fs,
  inetSockets,
  inheritedFiles,
  init,
  inotify,
  intervalTimers,
  ipcNamespace,
  joinNamespaces,
  largeBuffers,
  lazyPages,
  limits,
  memberships,
  memfds,
  memoryLocking,
  mm,
  mountNamespaces,
  namespaceFiles,
  nestedNamespaces,
  netlinkSockets,
  netNamespaces,
  packetSockets,
  pendingSignals,
  pidfds,
  pidPolicy,
  pipes,
  posixTimers,
  privateMemory,
  processAttributes,
  registers,
  regularFiles,
  rootTask,
  scheduling,
  sealing,
  seccomp,
  sessions,
  sharedMappings,
  signalActions,
  signalfds,
  socketSettings,
  systemVMappings,
  tcpConnections,
  terminals,
  threadSettings,
  threads,
  timeNamespace,
  timerfds,
  transportSockets,
  tunFiles,
  unixSockets,
  userNamespace,
  utsNamespace,
  vdso,
  zombiesAndHelpers,
};

/**
 * The plugins that restore what CRIU restores, one for each duty. Their order is the order in which a stage's taps run: memory before files before
 * threads, limits last; seccomp before credentials.
 */
export function defaultPlugins(): Plugin[] {
  return [
    nestedNamespaces(),
    actionScripts(),
    cpuinfo(),
    criuPlugins(),
    init(),
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
    lazyPages(),
    transportSockets(),
    sessions(),
    children(),
    terminals(),
    deadProcesses(),
    pidfds(),
    pidPolicy(),
    namespaceFiles(),
    tunFiles(),
    bpfMaps(),
    pipes(),
    unixSockets(),
    inetSockets(),
    datagrams(),
    tcpConnections(),
    netlinkSockets(),
    packetSockets(),
    largeBuffers(),
    socketSettings(),
    memberships(),
    inheritedFiles(),
    fifos(),
    eventfds(),
    signalfds(),
    timerfds(),
    epolls(),
    inotify(),
    fanotify(),
    fileOwners(),
    anonymousOwners(),
    fileLocks(),
    vdso(),
    mm(),
    memoryLocking(),
    denyWriteExecute(),
    sealing(),
    processAttributes(),
    fs(),
    threads(),
    zombiesAndHelpers(),
    signalActions(),
    pendingSignals(),
    posixTimers(),
    intervalTimers(),
    scheduling(),
    threadSettings(),
    limits(),
    seccomp(),
    credentials(),
    registers(),
  ];
}
