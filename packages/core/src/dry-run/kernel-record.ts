import type { AddressRange, Exit, FinalState, Program, StubOptions, SyscallStep, Tracee } from "@restage/linux";

/** A request to a recording kernel. */
export type KernelRecord =
  | { readonly kind: "stub"; readonly options: StubOptions }
  | { readonly kind: "keep-stub" }
  /** A program, whose steps have their results. */
  | { readonly kind: "program"; readonly tracee: Tracee; readonly steps: Program }
  | { readonly kind: "adopt"; readonly tracee: Tracee }
  /** A call that the coordinator makes in a stopped task. */
  | { readonly kind: "call"; readonly tracee: Tracee; readonly step: SyscallStep }
  | { readonly kind: "conclude"; readonly tracee: Tracee; readonly state: FinalState }
  | { readonly kind: "resume"; readonly tracees: readonly Tracee[] }
  | { readonly kind: "resume-stopped"; readonly tracees: readonly Tracee[]; readonly signal: number }
  | { readonly kind: "end"; readonly tracee: Tracee; readonly exit: Exit }
  | { readonly kind: "kill-all"; readonly tracees: readonly Tracee[] }
  | { readonly kind: "dismiss-stub" }
  | { readonly kind: "push-undo"; readonly steps: Program }
  | { readonly kind: "forget-undo"; readonly steps: Program }
  | { readonly kind: "run-undo" }
  | { readonly kind: "dismiss-undo" }
  /** A call by the coordinator itself. */
  | { readonly kind: "host-call"; readonly step: SyscallStep }
  | { readonly kind: "host-directory"; readonly path: string }
  | { readonly kind: "host-file"; readonly path: string; readonly bytes: Uint8Array }
  | { readonly kind: "host-owner"; readonly path: string; readonly uid: number }
  | { readonly kind: "seize"; readonly threads: readonly number[] }
  | { readonly kind: "query"; readonly tid: number; readonly steps: Program }
  | { readonly kind: "copy-pages"; readonly pid: number; readonly ranges: readonly AddressRange[] }
  | { readonly kind: "release"; readonly how: "resumed" | "killed" }
  | { readonly kind: "host-write"; readonly path: string; readonly text: string }
  | {
      readonly kind: "program-of-host";
      readonly name: string;
      readonly args: readonly string[];
      readonly input: string | Uint8Array;
    }
  | { readonly kind: "close" };
