/**
 * A contract between plugins: defined once, provided by one plugin, used by others through its type.
 */
export interface Service<T> {
  readonly name: string;
  /** Never set; it carries the type. */
  readonly contract?: T;
}

/** Defines a service: `const Transport = defineService<{ share(...): ... }>("transport")`. */
export function defineService<T>(name: string): Service<T> {
  return { name };
}
