import type { Plan } from "@restage/core";

/**
 * What the user named for a resource outside the tree: the text after `KIND[KEY]:` of an `--external` option, empty for `KIND[KEY]` alone, and
 * undefined without such an option. Source: criu(8), "--external".
 */
export function externalResource(external: readonly string[], kind: string, key: string): string | undefined {
  const name = `${kind}[${key}]`;
  const found = external.find((resource) => resource === name || resource.startsWith(`${name}:`));
  return found?.slice(name.length + 1);
}

/**
 * Where the stub opens the namespace that replaces an external one of the checkpoint: a descriptor of the caller (--inherit-fd), or a path
 * (--external). Refuses a namespace that neither names.
 */
export function externalNamespace(plan: Plan, kind: "net" | "pid", key: string): string {
  const { inheritFd, external } = plan.options;
  const descriptor = inheritFd[key];
  if (descriptor !== undefined) return `/proc/${plan.host.call.getpid().result}/fd/${descriptor}`;
  const path = externalResource(external, kind, key) || undefined;
  const what = `${kind} namespace ${key}`;
  if (path === undefined) {
    const why = "it was external at the checkpoint, and no option names a replacement";
    const hint = `pass a descriptor, --inherit-fd 'fd[N]:${key}', or name a path, --external '${kind}[${key}]:PATH'`;
    plan.refuse({ what, why, hint, remedy: "options" });
  } else if (plan.host.stat(path) === "missing") {
    plan.refuse({ what, why: `${path} does not exist`, remedy: "machine" });
  }
  return path ?? `/proc/self/ns/${kind}`;
}
