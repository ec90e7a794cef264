/** A word of processor features: where CPUID says it, and the instructions that its bits stand for, as /proc/cpuinfo calls them. */
export interface FeatureWord {
  /** Its index in the kernel's x86_capability, and in CRIU's cpuinfo image. */
  readonly index: number;
  readonly leaf: number;
  readonly subleaf: number;
  /** Of eax, ebx, ecx, edx. */
  readonly register: 0 | 1 | 2 | 3;
  readonly instructions: Readonly<Record<string, number>>;
}

const [EAX, EBX, ECX, EDX] = [0, 1, 2, 3] as const;

/** Sources: arch/x86/include/asm/cpufeatures.h; which of them programs notice: CRIU criu/arch/x86/cpu.c. */
export const CPU_FEATURES: readonly FeatureWord[] = [
  {
    index: 0,
    leaf: 1,
    subleaf: 0,
    register: EDX,
    instructions: {
      fpu: 0,
      tsc: 4,
      cx8: 8,
      sep: 11,
      cmov: 15,
      clflush: 19,
      mmx: 23,
      fxsr: 24,
      sse: 25,
      sse2: 26,
    },
  },
  {
    index: 1,
    leaf: 0x80000001,
    subleaf: 0,
    register: EDX,
    instructions: { syscall: 11, mmxext: 22, rdtscp: 27, "3dnowext": 30, "3dnow": 31 },
  },
  {
    index: 4,
    leaf: 1,
    subleaf: 0,
    register: ECX,
    instructions: {
      pni: 0,
      pclmulqdq: 1,
      monitor: 3,
      ssse3: 9,
      cx16: 13,
      sse4_1: 19,
      sse4_2: 20,
      movbe: 22,
      popcnt: 23,
      aes: 25,
      xsave: 26,
      osxsave: 27,
      avx: 28,
      f16c: 29,
      rdrand: 30,
    },
  },
  {
    index: 6,
    leaf: 0x80000001,
    subleaf: 0,
    register: ECX,
    instructions: { abm: 5, sse4a: 6, misalignsse: 7, "3dnowprefetch": 8, xop: 11, fma4: 16, tbm: 21 },
  },
  {
    index: 9,
    leaf: 7,
    subleaf: 0,
    register: EBX,
    instructions: {
      fsgsbase: 0,
      bmi1: 3,
      hle: 4,
      avx2: 5,
      bmi2: 8,
      erms: 9,
      rtm: 11,
      mpx: 14,
      avx512f: 16,
      avx512dq: 17,
      rdseed: 18,
      adx: 19,
      clflushopt: 23,
      avx512pf: 26,
      avx512er: 27,
      avx512cd: 28,
      sha_ni: 29,
      avx512bw: 30,
      avx512vl: 31,
    },
  },
  { index: 10, leaf: 0xd, subleaf: 1, register: EAX, instructions: { xsaveopt: 0, xsavec: 1, xgetbv1: 2, xsaves: 3 } },
  {
    index: 11,
    leaf: 7,
    subleaf: 0,
    register: ECX,
    instructions: {
      avx512vbmi: 1,
      avx512_vbmi2: 6,
      gfni: 8,
      vaes: 9,
      vpclmulqdq: 10,
      avx512_vnni: 11,
      avx512_bitalg: 12,
      tme: 13,
      avx512_vpopcntdq: 14,
      rdpid: 22,
    },
  },
  { index: 13, leaf: 0x80000008, subleaf: 0, register: EBX, instructions: { clzero: 0 } },
  { index: 18, leaf: 7, subleaf: 0, register: EDX, instructions: { avx512_4vnniw: 2, avx512_4fmaps: 3 } },
];

/** What of them the state of the floating point unit depends on. */
export const FPU_FEATURES: readonly string[] = ["fpu", "fxsr", "osxsave", "xsaves"];

/** Words that CRIU saves too, although programs do not depend on them. Source: CRIU compel/arch/x86/src/lib/cpu.c. */
export const OTHER_CPU_FEATURES: readonly Omit<FeatureWord, "instructions">[] = [
  { index: 12, leaf: 0xf, subleaf: 1, register: EDX },
  { index: 14, leaf: 6, subleaf: 0, register: EAX },
  { index: 15, leaf: 0x8000000a, subleaf: 0, register: EDX },
  { index: 16, leaf: 0xf, subleaf: 0, register: EDX },
  { index: 17, leaf: 0x80000007, subleaf: 0, register: EBX },
];

/** Bits of word 3, which Linux itself sets: NOPL and CPUID exist on every x86-64, and `rep` is fast on most. */
export const LINUX_CPU_FEATURES = { index: 3, repGood: 1 << 16, nopl: 1 << 20, cpuid: 1 << 25 } as const;

/** How many words x86_capability has in images of CRIU 3.0 or newer. */
export const FEATURE_WORDS = 19;

/**
 * For each component of XSAVE that images can have: the word and bit of the feature without which it is not used. SSE (1) and BNDREGS (3) are not among
 * them: CRIU 4.2 masks them out, and refuses images that have more than it finds itself. Source: CRIU compel/arch/x86/src/lib/cpu.c.
 */
export const XSAVE_FEATURES: readonly (readonly [component: number, word: number, bit: number])[] = [
  [0, 0, 0],
  [2, 4, 28],
  [4, 9, 14],
  [5, 9, 16],
  [6, 9, 16],
  [7, 9, 16],
  [9, 11, 3],
];

/** The leaf of CPUID that tells of XSAVE: eax and edx the components, ebx the size of those in use, ecx that of all. */
export const XSAVE_LEAF = 0xd;
