import {
  definePlugin,
  defineService,
  type Host,
  type Plugin,
  type Service,
  type StageContext,
  type Task,
  type Value,
} from "@restage/core";
import { callTaps } from "@restage/core/internal";
import { AT_FDCWD, CLONE, O } from "@restage/linux/abi";
import { MountedTerminals } from "../../terminals/mounted-terminals.ts";
import { assemble, pivot } from "./assemble.ts";
import { type Autofs, readAutofs, serveAutofs } from "./autofs.ts";
import { registerFormats } from "./binary-formats/restore.ts";
import { type FileSystem, findParts, type Part } from "./file-systems.ts";
import { numberHostMounts, takeHostMounts } from "./host-mounts.ts";
import { mountNamespaceOf, type Namespace, readNamespaces, readWritableClones } from "./mount-paths.ts";
import type { Mount, MountTree } from "./mount-tree.ts";
import { refuseMissingLayers } from "./overlay-layers.ts";
import { propagate } from "./propagation.ts";
import { StagingArea } from "./staging-area.ts";

/** The mount namespaces of the tree. */
export interface MountNamespaces {
  /** A descriptor of the root task's mount namespace, from the end of PREPARE_NAMESPACES to the commit; undefined without one of its own. */
  readonly descriptor: number | undefined;
}

export const MountNamespaces: Service<MountNamespaces> = defineService<MountNamespaces>("mount-namespaces");

/**
 * ROOT_TASK: the stub clones mounts of the host, and the root task enters a new mount namespace. PREPARE_NAMESPACES: it makes the mounts of all
 * namespaces, each below a new root, and enters its own; the mounts of the host are gone from there. FORKING: tasks enter theirs.
 *
 * Requires CAP_SYS_ADMIN and Linux 5.12.
 */
export function mountNamespaces(): Plugin {
  return definePlugin({
    name: "mount-namespaces",
    duty: "mount-namespaces",
    provides: [MountNamespaces],
    uses: [MountedTerminals],
    stages: {
      ROOT_TASK: "clones the root directory and external mounts; enters a new mount namespace",
      PREPARE_NAMESPACES:
        "makes all mounts of all mount namespaces, with the contents of tmpfs; the root task enters its own",
      FORKING: "tasks enter their mount namespaces",
      RESTORE_SIGCHLD: "daemons serve their autofs mounts again",
    },
    apply({ plan, stages, mountsReady, commit, abort, provide, service }) {
      let namespaces: readonly Namespace[] = [];
      let parts: ReadonlyMap<Mount, Part> = new Map();
      let clones: ReadonlyMap<Mount, number> = new Map();
      let hosts: ReadonlyMap<FileSystem, number> = new Map();
      let autofs: ReadonlyMap<number, Autofs> = new Map();
      let descriptor: number | undefined;
      provide(MountNamespaces, {
        get descriptor() {
          return descriptor;
        },
      });
      plan.tap("mount-namespaces", (plan) => {
        namespaces = readNamespaces(plan);
        const trees = namespaces.map(({ tree }) => tree);
        parts = findParts(plan, trees);
        refuseMissingLayers(plan, trees, parts);
        clones = readWritableClones(plan, parts.keys());
        autofs = readAutofs(plan, [...parts.keys()]);
        hosts = numberHostMounts(plan, parts.values());
      });
      stages.ROOT_TASK.enter.tap({ name: "mount-namespaces", before: "root-task" }, (context) => {
        takeHostMounts(context, hosts);
      });
      stages.ROOT_TASK.task.tap("mount-namespaces", (root) => {
        if (namespaces.length > 0) root.call.unshare(CLONE.NEWNS);
      });
      stages.PREPARE_NAMESPACES.task.tapPromise("mount-namespaces", async (root, context) => {
        if (namespaces.length === 0) return;
        const terminals = service(MountedTerminals);
        await makeAll(root, context, namespaces, parts, { clones, hosts, terminals, autofs }, () =>
          callTaps(mountsReady, root, context),
        );
      });
      stages.PREPARE_NAMESPACES.leave.tap("mount-namespaces", ({ host, tree }) => {
        if (namespaces.length === 0) return;
        descriptor = host.call.openat(AT_FDCWD, `/proc/${tree.root.hostPid}/ns/mnt`, O.RDONLY | O.CLOEXEC, 0).result;
      });
      stages.FORKING.task.tap("mount-namespaces", (task) => {
        const id = mountNamespaceOf(task);
        // By then the task that forks it is in its own.
        if (id === undefined || task.forker === undefined || id === mountNamespaceOf(task.forker)) return;
        const namespace = namespaces.find(({ tree }) => tree.id === id);
        if (namespace?.number !== undefined) task.call.setns(namespace.number, CLONE.NEWNS);
      });
      // Every task has its descriptors and its process group.
      stages.RESTORE_SIGCHLD.task.tap("mount-namespaces", (task) => {
        for (const one of autofs.values()) if (one.entry.pgrp === task.pid) serveAutofs(task, one);
      });
      const close = (host: Host) => {
        if (descriptor !== undefined) host.call.close(descriptor);
        descriptor = undefined;
      };
      commit.tap("mount-namespaces", ({ host }) => close(host));
      abort.tap("mount-namespaces", (_error, { host }) => close(host));
    },
  });
}

interface Prepared {
  readonly clones: ReadonlyMap<Mount, number>;
  readonly hosts: ReadonlyMap<FileSystem, number>;
  readonly terminals: MountedTerminals;
  readonly autofs: ReadonlyMap<number, Autofs>;
}

/** Makes all namespaces. Calls `ready` when the root task's mounts exist, and those of the host are still reachable. */
async function makeAll(
  root: Task,
  context: StageContext,
  namespaces: readonly Namespace[],
  parts: ReadonlyMap<Mount, Part>,
  { clones, hosts, terminals, autofs }: Prepared,
  ready: () => Promise<void>,
): Promise<void> {
  const { call } = root;
  // The host's, where a task finds itself whatever is mounted over it.
  const proc = call.openat(AT_FDCWD, "/proc", O.PATH | O.CLOEXEC, 0);
  const openNamespace = () => call.openat(proc, "self/ns/mnt", O.RDONLY | O.CLOEXEC, 0);
  const staging = new StagingArea(root, context, autofs);
  await staging.make(new Set([...parts.values()].map(({ of }) => of)), hosts);
  const stagingRoot = call.openat(AT_FDCWD, ".", O.PATH | O.CLOEXEC, 0);
  const host = openNamespace();
  const mounts = new Map<Mount, Value>();
  const opened = new Map<MountTree, Value>();
  const roots = new Map<MountTree, Value>();
  const registered = new Set<FileSystem>();
  for (const { tree } of namespaces) {
    call.unshare(CLONE.NEWNS);
    for (const [mount, descriptor] of await assemble(root, tree, parts, staging, clones, terminals, context))
      mounts.set(mount, descriptor);
    if (tree === namespaces[0]?.tree) await ready();
    pivot(root);
    registerFormats(root, context, parts, mounts, registered);
    opened.set(tree, openNamespace());
    roots.set(tree, call.openat(AT_FDCWD, "/", O.PATH | O.CLOEXEC, 0));
    call.setns(host, CLONE.NEWNS);
    call.fchdir(stagingRoot);
  }
  const origin = (mount: Mount) => {
    const of = parts.get(mount)?.of;
    return of === undefined ? undefined : staging.descriptors.get(of);
  };
  propagate(root, { mounts, namespaces: opened, origin });
  call.setns(host, CLONE.NEWNS);
  call.fchdir(stagingRoot);
  await staging.deleteAgain();
  const [own] = opened.values();
  if (own !== undefined) call.setns(own, CLONE.NEWNS);
  for (const descriptor of [...mounts.values(), ...staging.descriptors.values(), stagingRoot, host, proc])
    call.close(descriptor);
  for (const namespace of namespaces) {
    keep(root, opened.get(namespace.tree), namespace.number);
    keep(root, roots.get(namespace.tree), namespace.root);
  }
}

/** Puts a descriptor at a number, or closes it. */
function keep(task: Task, descriptor: Value | undefined, number: number | undefined): void {
  if (descriptor === undefined) return;
  if (number === undefined) task.call.close(descriptor);
  else task.place(descriptor, number, { cloexec: true });
}
