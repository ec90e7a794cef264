import type { Option } from "./options/option.ts";
import type { Settings } from "./options/settings.ts";

/** A command of the command line. */
export interface Command {
  readonly says: string;
  /** Its operands, for `--help`: `[PID]`, `DIR NAME`; three dots mean any number. */
  readonly operand?: string;
  readonly options: readonly Option[];
  /** Further text for `--help`. */
  readonly help?: string;
  /** Runs it. Returns the exit code. */
  readonly run: (settings: Settings, ...operands: (string | undefined)[]) => Promise<number>;
}

/** Commands by name. */
export type Commands = Readonly<Record<string, Command>>;
