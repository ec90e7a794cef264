import { RestoreError } from "@restage/core";

/** A request for a clone. */
export interface CloneOrder {
  /** What plugins read as `clone.values`. */
  readonly values?: Readonly<Record<string, string>>;
  readonly pidfile?: string;
}

/** Reads a request. Throws ERR_OPTION if it has anything that is unknown. */
export function parseOrder(line: string): CloneOrder {
  let order: unknown;
  try {
    order = JSON.parse(line);
  } catch (error) {
    throw new RestoreError("ERR_OPTION", `Cannot read the request: ${(error as Error).message}`);
  }
  if (!isObject(order)) throw new RestoreError("ERR_OPTION", "Cannot read the request: it is not an object");
  const { values = {}, pidfile, ...unknown } = order;
  const [name] = Object.keys(unknown);
  if (name !== undefined)
    throw new RestoreError("ERR_OPTION", `Cannot read the request: it has the unknown member ${name}`, {
      hint: "use values and pidfile",
    });
  if (!isObject(values) || Object.values(values).some((value) => typeof value !== "string"))
    throw new RestoreError("ERR_OPTION", "Cannot read the request: values must be an object of strings");
  if (pidfile !== undefined && (typeof pidfile !== "string" || !pidfile.startsWith("/")))
    throw new RestoreError("ERR_OPTION", "Cannot read the request: pidfile must be an absolute path");
  return { values: values as Record<string, string>, ...(pidfile === undefined ? {} : { pidfile }) };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
