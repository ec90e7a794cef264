import type { Plugin } from "../plugin/plugin.ts";
import { SECTIONS, type SectionName } from "./sections.ts";

type Options = { readonly plugins?: readonly Plugin[] } & {
  readonly [section in SectionName]?: { readonly plugins?: readonly Plugin[] };
};

/** One configuration over another: its keys replace those of the other, its plugins come after them, and sections are merged in the same way. */
export function merge<T extends Options>(base: T, own: T): T {
  const set = Object.fromEntries(Object.entries(own).filter(([, value]) => value !== undefined)) as T;
  const merged = { ...base, ...set };
  if (base.plugins !== undefined && own.plugins !== undefined)
    Object.assign(merged, { plugins: [...base.plugins, ...own.plugins] });
  for (const name of SECTIONS) {
    const [below, above] = [base[name], own[name]];
    if (below !== undefined && above !== undefined) Object.assign(merged, { [name]: merge<Options>(below, above) });
  }
  return merged;
}
