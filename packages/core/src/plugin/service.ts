/**
 * A contract between plugins: defined once, provided by whoever claims the duty, used by others through its type.
 */
export interface Service<T> {
  readonly name: string;
  /** Only there for the type. */
  readonly contract?: T;
}

/** Defines a service: `const Transport = defineService<{ share(...): ... }>("transport")`. */
export function defineService<T>(name: string): Service<T> {
  return { name };
}
