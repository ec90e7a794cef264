import type { CapabilityName } from "@restage/linux/abi";
import { giveCapability } from "../give-capability.ts";
import type { Finding } from "./plan.ts";

/** The most consequences of one missing capability that are named. */
const NAMED = 4;

/** What a restore without a capability leads to. */
export interface MissingCapability {
  readonly severity: Finding["severity"];
  /** A clause: `the clocks cannot continue from their saved values`. */
  readonly consequence: string;
  readonly plugin: string;
}

/** Capabilities that this process lacks. Each makes one finding, however many tasks and plugins need it. */
export class MissingCapabilities {
  readonly #missing = new Map<CapabilityName, MissingCapability[]>();

  add(name: CapabilityName, missing: MissingCapability): void {
    const known = this.#missing.get(name);
    if (known === undefined) this.#missing.set(name, [missing]);
    else known.push(missing);
  }

  get findings(): readonly Finding[] {
    return [...this.#missing].map(([name, missing]) => {
      const refusals = missing.filter(({ severity }) => severity === "refused");
      const [{ severity, plugin }] = (refusals.length > 0 ? refusals : missing) as [MissingCapability];
      const all = [...new Set(missing.map(({ consequence }) => consequence))];
      const more = all.length > NAMED ? [`and ${all.length - NAMED} more`] : [];
      const why = `this process does not have it: ${[...all.slice(0, NAMED), ...more].join("; ")}`;
      return { severity, what: name, why, hint: giveCapability(name), remedy: "machine", plugin };
    });
  }
}
