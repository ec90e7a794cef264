/** The part of a tapable hook that the plugin driver uses. */
export interface InterceptableHook {
  readonly taps: readonly { readonly name: string }[];
  // biome-ignore lint/suspicious/noExplicitAny: the types of tapable's interceptors differ from hook to hook
  intercept(interceptor: { register: (tap: any) => any }): void;
}

/** Is called with each hook before anyone can tap it. */
export type Intercept = (hook: InterceptableHook, name: string) => void;
