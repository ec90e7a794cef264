import { definePlugin, type Host, type ImageSet, type Plan, type Plugin, type Task } from "@restage/core";
import type { DumpKind } from "@restage/images";
import { AT_FDCWD, CLONE, O } from "@restage/linux/abi";
import { namespaceId } from "../own-namespaces.ts";
import { idsOutside } from "../user/ids-outside.ts";
import { hasConnections } from "./connections.ts";
import { fillNamespaces } from "./content.ts";
import { checkFirewalls, isLoadedLocked } from "./firewall/restore.ts";
import { checkLinks } from "./links/restore.ts";
import { lockWhileOpen, unlockNamespace } from "./lock.ts";
import { findNetNamespaces, type NetNamespace } from "./namespaces.ts";
import { NetNamespaces } from "./net-namespaces.ts";
import { readDump } from "./netlink-dumps/restore.ts";
import { KNOWN_SYSCTLS, KnownSysctls } from "./sysctls/known-sysctls.ts";
import { checkSysctls, linkSysctls, networkSysctls } from "./sysctls/restore.ts";

const DUMPS: readonly DumpKind[] = ["ifaddr", "rule", "route", "route6"];

/**
 * ROOT_TASK: the root task makes the network namespaces of the tree, and stays in its own. The stub enters an external one, which may be closed to the
 * tree's user namespace. PREPARE_NAMESPACES: the coordinator fills them; the lock of the dump blocks all packets until the commit. External namespaces,
 * which can be new, and those that stay empty do not have that lock: they get another one if they have connections. RESTORE_SIGCHLD: tasks of other
 * namespaces enter theirs. When the restore fails, everything disappears with the namespaces.
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
      PREPARE_NAMESPACES: "sets sysctls; makes links, firewalls, addresses, routes, rules and tracked connections",
      RESTORE_SIGCHLD: "tasks that are in other network namespaces than the root task enter theirs",
    },
    apply({ plan, template, stages, commit, abort, provide, clone }) {
      let namespaces: readonly NetNamespace[] = [];
      /** Sockets that lock namespaces. */
      let locks: readonly number[] = [];
      const enter = (task: Task, { number }: NetNamespace) => task.call.setns(number, CLONE.NEWNET);
      plan.tap("net-namespaces", (plan) => {
        namespaces = findNetNamespaces(plan);
        check(plan, namespaces, clone?.kept(KNOWN_SYSCTLS)?.present);
      });
      template.tap("net-namespaces", ({ keep }) => keep(KNOWN_SYSCTLS, new KnownSysctls()));
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
      stages.ROOT_TASK.enter.tap({ name: "net-namespaces", before: "root-task" }, ({ stub }) => {
        const [own] = namespaces;
        if (own?.external === true) stub.call.setns(own.number, CLONE.NEWNET);
      });
      stages.ROOT_TASK.task.tap("net-namespaces", (root) => {
        const [own, ...others] = namespaces;
        if (own === undefined) return;
        const made = others.filter(({ external }) => !external);
        for (const namespace of made) make(root, namespace);
        if (!own.external) make(root, own);
        else if (made.length > 0) enter(root, own);
      });
      stages.PREPARE_NAMESPACES.enter.tap("net-namespaces", (context) => {
        if (namespaces.length === 0) return;
        const { host, tree } = context;
        for (const { number } of namespaces.filter(({ filled, id }) => !filled && hasConnections(context, id))) {
          const path = `/proc/${tree.root.hostPid}/fd/${number}`;
          locks = [...locks, host.inside(path, "net", () => lockWhileOpen(host))];
        }
        // Action scripts can have changed settings.
        const known = context.options.actionScripts.length > 0 ? undefined : clone?.kept(KNOWN_SYSCTLS);
        fillNamespaces(context, namespaces, known);
      });
      stages.RESTORE_SIGCHLD.thread.tap("net-namespaces", (thread, { tree: { root } }) => {
        const id = namespaceId(thread.task, "net");
        const other = namespaces.find((namespace) => namespace.id === id);
        if (other === undefined || id === namespaceId(root, "net")) return;
        thread.call.setns(other.number, CLONE.NEWNET);
      });
      const unlock = (host: Host) => {
        for (const socket of locks) host.call.close(socket);
        locks = [];
      };
      commit.tap("net-namespaces", (context) => {
        const { tree, images, host } = context;
        const [own] = namespaces;
        if (own === undefined) return;
        unlock(host);
        // A new namespace has the lock of the dump only if it was loaded; one that existed can have it from the dump itself.
        const isLocked = own.external || (own.filled && isLoadedLocked(context, own.id));
        if (!isLocked) return;
        host.inside(`/proc/${tree.root.hostPid}/ns/net`, "net", () => unlockNamespace(host, images.inventory));
      });
      abort.tap("net-namespaces", (_error, { host }) => unlock(host));
    },
  });
}

function make(root: Task, { number }: NetNamespace): void {
  root.call.unshare(CLONE.NEWNET);
  root.place(root.call.openat(AT_FDCWD, "/proc/self/ns/net", O.RDONLY | O.CLOEXEC, 0), number, { cloexec: true });
}

/** Reads all images before any task exists, so that damaged ones are refused. */
function check(plan: Plan, namespaces: readonly NetNamespace[], presentSysctls: Set<string> | undefined): void {
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
    checkSysctls(plan, sysctlsOf(images, id, ids), presentSysctls);
  }
}

function sysctlsOf(images: ImageSet, id: number, ids: ReturnType<typeof idsOutside>) {
  const netns = images.optional("netns", id);
  return [
    ...(netns === undefined ? [] : networkSysctls(netns, ids)),
    ...images.values("netdev", id).flatMap(linkSysctls),
  ];
}
