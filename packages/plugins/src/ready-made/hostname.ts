import { definePlugin, type Plugin } from "@restage/core";
import { makesNamespace } from "../namespaces/own-namespaces.ts";
import { knownOptions } from "./known-options.ts";

/** The longest name that the kernel takes, in bytes. Source: include/uapi/linux/utsname.h, __NEW_UTS_LEN. */
const LONGEST = 64;

/** What `hostname` changes besides the host name. */
export interface HostnameOptions {
  /** The domain name of setdomainname(2). Default: that of the checkpoint. */
  readonly domain?: string;
}

/**
 * Gives a tree with a UTS namespace of its own another host name. Files such as /etc/hostname and variables such as HOSTNAME stay as they are.
 *
 * @example
 * ```ts
 * plugins: [hostname("web-2")]
 * ```
 */
export function hostname(name: string, options: HostnameOptions = {}): Plugin {
  const { domain } = knownOptions("hostname", options, { domain: true });
  for (const text of [name, domain ?? ""]) {
    if (Buffer.byteLength(text) <= LONGEST) continue;
    throw new RangeError(`Cannot set the host name ${text}: it has more than ${LONGEST} bytes`);
  }
  return definePlugin({
    name: "hostname",
    apply({ entries, plan }) {
      entries.utsns.tap("hostname", (names) => ({
        ...names,
        nodename: name,
        domainname: domain ?? names.domainname,
      }));
      plan.tap("hostname", (plan) => {
        if (makesNamespace(plan, "uts")) return;
        const why = "the tree has no UTS namespace of its own, so the name of this machine would change";
        plan.refuse({ what: `host name ${name}`, why, hint: "leave out the plugin hostname" });
      });
    },
  });
}
