import { RestoreError } from "../errors.ts";
import { didYouMean } from "../nearest.ts";

/** What runtimes ask objects for when they await or print them. */
const ASKED_BY_RUNTIMES: ReadonlySet<string> = new Set([
  "then",
  "toJSON",
  "constructor",
  "$$typeof",
  "asymmetricMatch",
]);

/**
 * The same object, except that reading a member that does not exist throws, with the nearest name, instead of being undefined.
 *
 * @param what the members are, for example `hook`
 * @param prefix of their names in messages, for example `stages.`
 */
export function withKnownMembers<T extends object>(members: T, what: string, prefix = ""): T {
  return new Proxy(members, {
    get(target, name) {
      if (typeof name !== "string" || name in target || ASKED_BY_RUNTIMES.has(name)) return Reflect.get(target, name);
      throw unknownName(what, name, Object.keys(target), prefix);
    },
  });
}

/** The error for a name that a plugin wrote and that does not exist. */
export function unknownName(what: string, name: string, names: readonly string[], prefix = ""): RestoreError {
  const hint = didYouMean(name, names, (known) => `${prefix}${known}`);
  return new RestoreError("ERR_PLUGIN", `There is no ${what} ${prefix}${name}`, { hint });
}
