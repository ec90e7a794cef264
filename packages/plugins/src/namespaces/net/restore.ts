import {
  definePlugin,
  defineService,
  type ImageSet,
  type Plan,
  type Plugin,
  type Service,
  type Task,
} from "@restage/core";
import type { DumpKind, FileEntry } from "@restage/images";
import { AT_FDCWD, CLONE, O } from "@restage/linux/abi";
import { namespaceId } from "../own-namespaces.ts";
import { idsOutside } from "../user/ids-outside.ts";
import { fillNamespaces } from "./content.ts";
import { checkFirewalls } from "./firewall/restore.ts";
import { checkLinks } from "./links/restore.ts";
import { unlockNamespace } from "./lock.ts";
import { findNetNamespaces, type NetNamespace } from "./namespaces.ts";
import { readDump } from "./netlink-dumps/restore.ts";
import { checkSysctls, linkSysctls, networkSysctls } from "./sysctls/restore.ts";

const DUMPS: readonly DumpKind[] = ["ifaddr", "rule", "route", "route6"];

/** The network namespaces of the tree, while it is restored. All tasks are in that of the root task until RESTORE_SIGCHLD. */
export interface NetNamespaces {
  /** Records what a task is to do in a namespace, by CRIU's number for it; where it is, when there is no number or no such namespace. */
  inside<T>(task: Task, id: number | undefined, record: () => T): T;
  /** The number of its descriptor in every task during the restore; none when it is not the tree's own. */
  descriptor(id: number): number | undefined;
}

export const NetNamespaces: Service<NetNamespaces> = defineService<NetNamespaces>("net-namespaces");

/**
 * ROOT_TASK: the root task makes the network namespaces of the tree, and stays in its own. PREPARE_NAMESPACES: the coordinator fills them; the lock of
 * the dump lets nothing through until the commit. RESTORE_SIGCHLD: tasks of other namespaces go there. All of it goes with the namespaces when the
 * restore fails.
 *
 * Requires CAP_SYS_ADMIN and CAP_NET_ADMIN.
 */
export function netNamespaces(): Plugin {
  return definePlugin({
    name: "net-namespaces",
    duty: "net-namespaces",
    provides: [NetNamespaces],
    stages: {
      ROOT_TASK: "makes network namespaces; the root task enters its own",
      PREPARE_NAMESPACES: "sysctls, links, firewalls, addresses, routes, rules, tracked connections",
      RESTORE_SIGCHLD: "tasks of other network namespaces than the root task's go there",
    },
    apply({ plan, stages, commit, provide }) {
      let namespaces: readonly NetNamespace[] = [];
      let root: Task | undefined;
      const enter = (task: Task, { number }: NetNamespace) => task.call.setns(number, CLONE.NEWNET);
      plan.tap("net-namespaces", (plan) => {
        root = plan.tree.root;
        namespaces = findNetNamespaces(plan);
        check(plan, namespaces);
      });
      provide(NetNamespaces, {
        inside(task, id, record) {
          const [own] = namespaces;
          const other = namespaces.find((namespace) => namespace.id === id);
          if (own === undefined || other === undefined || own === other) return record();
          enter(task, other);
          const result = record();
          enter(task, own);
          return result;
        },
        descriptor: (id) => namespaces.find((namespace) => namespace.id === id)?.number,
      });
      stages.ROOT_TASK.task.tap("net-namespaces", (root) => {
        // Its own comes last: there it stays.
        for (const namespace of [...namespaces].reverse()) {
          if (namespace.external) enter(root, namespace);
          else make(root, namespace);
        }
      });
      stages.PREPARE_NAMESPACES.enter.tap("net-namespaces", (context) => {
        if (namespaces.length > 0) fillNamespaces(context, namespaces);
      });
      stages.RESTORE_SIGCHLD.thread.tap("net-namespaces", (thread) => {
        const id = namespaceId(thread.task, "net");
        const other = namespaces.find((namespace) => namespace.id === id);
        if (other === undefined || root === undefined || id === namespaceId(root, "net")) return;
        thread.call.setns(other.number, CLONE.NEWNET);
      });
      commit.tap("net-namespaces", ({ tree, images, host }) => {
        if (namespaces.length === 0) return;
        host.inside(`/proc/${tree.root.hostPid}/ns/net`, "net", () => unlockNamespace(host, images.inventory));
      });
    },
  });
}

function make(root: Task, { number }: NetNamespace): void {
  root.call.unshare(CLONE.NEWNET);
  root.place(root.call.openat(AT_FDCWD, "/proc/self/ns/net", O.RDONLY | O.CLOEXEC, 0), number, { cloexec: true });
}

/** CRIU's number of the namespace that a socket or TUN link is in; none for other files. */
export function netNamespaceOf({ isk, usk, nlsk, psk, tunf }: FileEntry): number | undefined {
  return (isk ?? usk ?? nlsk ?? psk ?? tunf)?.ns_id;
}

/** Reads all images before any task exists: they may be damaged. */
function check(plan: Plan, namespaces: readonly NetNamespace[]): void {
  const { images, tree } = plan;
  const ids = idsOutside(images, tree.root);
  const filled = namespaces.filter(({ filled }) => filled);
  checkLinks(
    plan,
    filled.map(({ id }) => ({ id, links: images.values("netdev", id) })),
  );
  for (const { id } of filled) {
    checkFirewalls(plan, id);
    for (const kind of DUMPS) readDump(images, kind, id);
    checkSysctls(plan, sysctlsOf(images, id, ids));
  }
}

function sysctlsOf(images: ImageSet, id: number, ids: ReturnType<typeof idsOutside>) {
  const netns = images.optional("netns", id);
  return [
    ...(netns === undefined ? [] : networkSysctls(netns, ids)),
    ...images.values("netdev", id).flatMap(linkSysctls),
  ];
}
