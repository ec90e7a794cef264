import type { Plan } from "@restage/core";

/**
 * Where the namespace is that takes the place of one that was external at the checkpoint, for the stub to open: a descriptor of the caller's
 * (--inherit-fd), or a path (--external). Refused when nobody names it.
 */
export function externalNamespace(plan: Plan, kind: "net" | "pid", key: string): string {
  const { inheritFd, external } = plan.options;
  const descriptor = inheritFd[key];
  if (descriptor !== undefined) return `/proc/${plan.host.call.getpid().result}/fd/${descriptor}`;
  const prefix = `${kind}[${key}]:`;
  const path = external.find((resource) => resource.startsWith(prefix))?.slice(prefix.length);
  const what = `${kind} namespace ${key}`;
  if (path === undefined) {
    const why = "it was external at the checkpoint, and nobody says what takes its place";
    const hint = `hand over a descriptor, --inherit-fd 'fd[N]:${key}', or name a path, --external '${kind}[${key}]:PATH'`;
    plan.refuse({ what, why, hint });
  } else if (plan.host.stat(path) === "missing") {
    plan.refuse({ what, why: `${path} is not there` });
  }
  return path ?? `/proc/self/ns/${kind}`;
}
