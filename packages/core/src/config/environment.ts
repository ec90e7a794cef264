import { RestoreError } from "../errors.ts";
import { nearest } from "../nearest.ts";
import { problemOfValue } from "./check-value.ts";
import { CHECKPOINT_KEYS, RESTORE_KEYS, type ValueSchema } from "./keys.ts";

const PREFIX = "RESTAGE_";
type Keys = Readonly<Record<string, ValueSchema>>;

/**
 * The options that environment variables set: `RESTAGE_TCP_ESTABLISHED=true`, lists and objects in JSON. An empty variable sets nothing.
 *
 * Throws ERR_CONFIG for a wrong value, and for a name that resembles one of these. Other names can belong to other programs.
 *
 * @param keys those of the command
 */
export function optionsInEnvironment(environment: NodeJS.ProcessEnv, keys: Keys): object {
  const given = Object.entries(environment).filter(([name, text]) => name.startsWith(PREFIX) && text !== "");
  const names = new Map(
    Object.entries({ ...CHECKPOINT_KEYS, ...RESTORE_KEYS })
      .filter(isSettable)
      .map(nameAndKey),
  );
  const options: Record<string, unknown> = {};
  for (const [name, text = ""] of given) {
    const key = names.get(name);
    if (key === undefined) refuseMisspelt(name, [...names.keys()]);
    else if (Object.hasOwn(keys, key)) options[key] = read(name, text, keys[key] as ValueSchema);
  }
  return options;
}

/** The variable that sets a key of a configuration. */
export function variableOf(key: string): string {
  return `${PREFIX}${key.replace(/[A-Z]/g, "_$&").toUpperCase()}`;
}

function nameAndKey([key]: readonly [string, ValueSchema]): [name: string, key: string] {
  return [variableOf(key), key];
}

/** A variable can be neither a plugin nor a function. */
function isSettable([key, { type }]: [string, ValueSchema]): boolean {
  return type !== "function" && key !== "plugins";
}

function read(name: string, text: string, schema: ValueSchema): unknown {
  const value = schema.type === "string" ? text : parsed(text);
  const problem = problemOfValue(value, schema, [name]);
  if (problem === undefined) return value;
  const { message, hint } = problem;
  throw new RestoreError("ERR_CONFIG", `Cannot use the environment: ${message}`, { hint });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** RESTAGE_CONFIG names the configuration itself. */
function refuseMisspelt(name: string, names: readonly string[]): void {
  const withoutPrefix = (name: string) => name.slice(PREFIX.length);
  const meant = nearest(withoutPrefix(name), ["CONFIG", ...names.map(withoutPrefix)]);
  if (name === `${PREFIX}CONFIG` || meant === undefined) return;
  const hint = `did you mean ${PREFIX}${meant}?`;
  throw new RestoreError("ERR_CONFIG", `Cannot use the environment: there is no variable ${name}`, { hint });
}
