import { defineService, type Host, type Service } from "@restage/core";

/** Returns the value of a setting below /proc/sys, or undefined when it cannot be read. */
export type ReadSysctl = (path: string) => string | undefined;

/** Decides what new namespaces inherit. Only the first network namespace has it. Source: Documentation/admin-guide/sysctl/net.rst. */
const POLICY = "/proc/sys/net/core/devconf_inherit_init_net";

const ALL = /^net\/ipv[46]\/conf\/(all|default)\//;
const IPV4 = /^net\/ipv4\/conf\/(all|default)\//;
const NONE = /^$/;

/** What new namespaces inherit from another one, by policy. Other settings have the kernel's values, and links follow from both. */
const INHERITED: ReadonlyMap<string | undefined, RegExp> = new Map([
  ["0", IPV4],
  ["1", ALL],
  ["2", NONE],
  ["3", ALL],
]);

interface Known {
  /** What they are true for. */
  readonly key: string;
  readonly inherited: Map<string, string | undefined>;
  readonly others: Map<string, string | undefined>;
}

/**
 * Values of settings before they are set in a new network namespace. A template keeps them for its clones: to read 200 settings takes several times as long
 * as to make the namespace. What a namespace inherits can change, so it is read each time.
 */
export class KnownSysctls {
  /** Settings that this kernel has. */
  readonly present = new Set<string>();
  readonly #byNamespace = new Map<number, Known>();

  /**
   * Returns how to read the settings of a namespace that is being made. Must be called outside of it.
   *
   * @param wanted everything that will be set in it: one setting can change another.
   */
  ofNew(host: Pick<Host, "readText">, namespace: number, wanted: unknown): ReadSysctl {
    const policy = host.readText(POLICY);
    const isInherited = INHERITED.get(policy) ?? ALL;
    const { inherited, others } = this.#known(namespace, JSON.stringify([policy, wanted]));
    return (path) => {
      if (!isInherited.test(path) && others.has(path)) return others.get(path);
      const value = readSysctl(host, path);
      if (isInherited.test(path)) {
        if (inherited.get(path) !== value) others.clear();
        inherited.set(path, value);
      } else others.set(path, value);
      return value;
    };
  }

  #known(namespace: number, key: string): Known {
    const before = this.#byNamespace.get(namespace);
    if (before?.key === key) return before;
    const known = { key, inherited: new Map(), others: new Map() };
    this.#byNamespace.set(namespace, known);
    return known;
  }
}

export const KNOWN_SYSCTLS: Service<KnownSysctls> = defineService<KnownSysctls>("known-sysctls");

export function readSysctl(host: Pick<Host, "readText">, path: string): string | undefined {
  return host.readText(`/proc/sys/${path}`);
}
