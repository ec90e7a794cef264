/**
 * A contract between plugins: defined once, provided by one plugin, used by others through its type.
 */
export interface Service<T> extends ServiceOptions {
  readonly name: string;
  /** Never set; it carries the type. */
  readonly contract?: T;
}

export interface ServiceOptions {
  /**
   * The plugin to which calls are attributed that methods of the service record: by default the caller, whose work a helper does. What a method throws
   * is always attributed to the provider.
   */
  readonly recordsFor?: "caller" | "provider";
}

/** Defines a service: `const Transport = defineService<{ share(...): ... }>("transport")`. */
export function defineService<T>(name: string, options: ServiceOptions = {}): Service<T> {
  return { name, ...options };
}
