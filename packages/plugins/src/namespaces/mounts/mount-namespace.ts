import {
  callTaps,
  definePlugin,
  defineService,
  type Host,
  type RestorePlugin,
  type Service,
  type StageContext,
  type Task,
  type Value,
} from "@restage/core";
import { AT_FDCWD, CLONE, MNT, MS, O, OPEN_TREE } from "@restage/linux/abi";
import { hasOwnNamespace, namespaceId } from "../own-namespaces.ts";
import { MOVE_MOUNT, setAttributes, setPropagation } from "./attributes.ts";
import { type Mount, readMounts, relative } from "./mount-tree.ts";
import { findSources, type Source } from "./sources.ts";
import { unpackInto } from "./tmpfs-content.ts";

/** The mount namespace of the root task. */
export interface MountNamespace {
  /** A descriptor of it, from the end of PREPARE_NAMESPACES to the commit; undefined if the tree has none of its own. */
  readonly descriptor: number | undefined;
}

export const MountNamespace: Service<MountNamespace> = defineService<MountNamespace>("mount-namespace");

/**
 * ROOT_TASK: a mount namespace of the tree's own. PREPARE_NAMESPACES: the root task makes all mounts below a new root, and makes that its
 * root; what it had before goes away.
 *
 * Requires CAP_SYS_ADMIN and Linux 5.12.
 */
export function mountNamespace(): RestorePlugin {
  return definePlugin({
    name: "mount-namespace",
    duty: "mount-namespace",
    provides: [MountNamespace],
    stages: {
      ROOT_TASK: "enters a new mount namespace",
      PREPARE_NAMESPACES: "makes all mounts below a new root, with the contents of tmpfs, and turns to it",
    },
    supports: [
      {
        group: "namespaces",
        what: "mount namespace",
        restored:
          "root (`--root`), binds, tmpfs with content, proc, sysfs, devpts, mqueue, overlay and other file systems of the kernel, external mounts (`--external mnt[...]`); flags, propagation groups, mounts over mounts",
        refused:
          "nested namespaces, autofs, what was bound from a deleted source, file systems from outside that nobody names",
        kernel: "5.12; 5.15 for propagation groups; GNU tar for tmpfs",
        shownBy: ["fixture namespaces", "fixture userns"],
      },
    ],
    apply({ plan, stages, mountsReady, commit, abort, provide }) {
      let mounts: readonly Mount[] = [];
      let sources: ReadonlyMap<Mount, Source> = new Map();
      let context: StageContext | undefined;
      let descriptor: number | undefined;
      provide(MountNamespace, {
        get descriptor() {
          return descriptor;
        },
      });
      plan.tap("mount-namespace", (plan) => {
        const { checkpoint, tree } = plan;
        if (!hasOwnNamespace(checkpoint, tree.root, "mount")) return;
        mounts = readMounts(checkpoint, namespaceId(tree.root, "mount") ?? 0);
        sources = findSources(plan, mounts);
      });
      stages.ROOT_TASK.task.tap("mount-namespace", (root) => {
        if (mounts.length > 0) root.call.unshare(CLONE.NEWNS);
      });
      stages.PREPARE_NAMESPACES.enter.tap("mount-namespace", (stage) => {
        context = stage;
      });
      stages.PREPARE_NAMESPACES.task.tapPromise("mount-namespace", async (root) => {
        if (context === undefined || mounts.length === 0) return;
        await new Mounter(root, context, sources).make(mounts);
        await callTaps(mountsReady, root);
        pivot(root);
      });
      stages.PREPARE_NAMESPACES.leave.tap("mount-namespace", ({ host, tree }) => {
        if (mounts.length === 0) return;
        descriptor = host.call.openat(AT_FDCWD, `/proc/${tree.root.hostPid}/ns/mnt`, O.RDONLY | O.CLOEXEC, 0).result;
      });
      const close = (host: Host | undefined) => {
        if (descriptor !== undefined) host?.call.close(descriptor);
        descriptor = undefined;
      };
      commit.tap("mount-namespace", ({ host }) => close(host));
      abort.tap("mount-namespace", () => close(context?.host));
    },
  });
}

/** Makes the mounts of a tree; the working directory of the root task is their root. */
class Mounter {
  readonly #root: Task;
  readonly #context: StageContext;
  readonly #sources: ReadonlyMap<Mount, Source>;
  /** Descriptors of mounts that were made. */
  readonly #made = new Map<Mount, Value>();

  constructor(root: Task, context: StageContext, sources: ReadonlyMap<Mount, Source>) {
    this.#root = root;
    this.#context = context;
    this.#sources = sources;
  }

  async make(mounts: readonly Mount[]): Promise<void> {
    const { call } = this.#root;
    // Nothing that is mounted here is to be seen on the host.
    call.mount("none", "/", undefined, MS.REC | MS.PRIVATE, undefined);
    // Sources on the host are taken before anything covers them.
    const taken = new Map<Mount, Value>();
    for (const mount of mounts) {
      const path = this.#hostPath(mount);
      if (path !== undefined) taken.set(mount, this.#clone(AT_FDCWD, path));
    }
    for (const mount of mounts) await this.#makeOne(mount, taken.get(mount));
    for (const [mount, descriptor] of this.#made) setAttributes(this.#root, descriptor, mount.entry);
    setPropagation(this.#root, mounts, this.#made);
    for (const descriptor of this.#made.values()) call.close(descriptor);
  }

  #hostPath(mount: Mount): string | undefined {
    const source = this.#sources.get(mount);
    if (source?.kind === "external") return source.path;
    return source?.kind === "root" ? (this.#context.options.root ?? "/") : undefined;
  }

  async #makeOne(mount: Mount, taken: Value | undefined): Promise<void> {
    const { call } = this.#root;
    const source = this.#sources.get(mount);
    const target = `.${mount.entry.mountpoint}`;
    if (source === undefined) return;
    if (source.kind === "root") {
      // Any directory serves to hang it up: what it covers is not needed any more.
      const root = taken ?? AT_FDCWD;
      call.move_mount(root, "", AT_FDCWD, this.#context.options.root ?? "/proc", MOVE_MOUNT.F_EMPTY_PATH);
      call.fchdir(root);
      this.#made.set(mount, root);
    } else if (source.kind === "new") {
      await this.#makeNew(mount, source, target);
    } else {
      const clone = source.kind === "external" ? (taken ?? AT_FDCWD) : this.#cloneOf(source.of, mount);
      call
        .move_mount(clone, "", AT_FDCWD, target, MOVE_MOUNT.F_EMPTY_PATH)
        .hint(`${mount.entry.mountpoint} has to be there`);
      this.#made.set(mount, clone);
    }
  }

  async #makeNew(mount: Mount, { type, archive }: Source & { kind: "new" }, target: string): Promise<void> {
    const { call } = this.#root;
    const { entry } = mount;
    const options = entry.options === "" ? undefined : entry.options;
    const hint = `${entry.mountpoint} has to be there, and the kernel to have ${type}`;
    call.mount(entry.source, target, type, (entry.sb_flags ?? 0) & ~MS.RDONLY, options).hint(hint);
    const made = call.open_tree(AT_FDCWD, target, OPEN_TREE.CLOEXEC);
    this.#made.set(mount, made);
    if (archive === undefined) return;
    call.fchdir(made);
    await this.#root.flush();
    unpackInto(this.#root, this.#context, archive, hasOwnNamespace(this.#context.checkpoint, this.#root, "user"));
    const root = [...this.#made.values()][0];
    if (root !== undefined) call.fchdir(root);
  }

  /** A mount of a part of what another one shows. */
  #cloneOf(other: Mount, mount: Mount): Value {
    const directory = this.#made.get(other) ?? AT_FDCWD;
    const part = relative(mount.entry.root, other.entry.root);
    return this.#clone(directory, part === "" ? "." : part);
  }

  #clone(directory: Value, path: string): Value {
    return this.#root.call.open_tree(directory, path, OPEN_TREE.CLONE | OPEN_TREE.CLOEXEC);
  }
}

/** The working directory becomes the root, on which the old one then is, and goes. Source: pivot_root(2). */
function pivot(root: Task): void {
  const { call } = root;
  call.pivot_root(".", ".");
  call.umount2(".", MNT.DETACH);
  call.chdir("/");
}
