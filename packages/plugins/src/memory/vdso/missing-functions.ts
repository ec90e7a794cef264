import { ERRNO, MAP, PROT, syscallNumber } from "@restage/linux/abi";

/**
 * Machine code (x86-64) for a vdso function that this kernel's vdso lacks: it makes the system call, with the same contract. Returns undefined for an
 * unknown function.
 *
 * These functions take their arguments in the registers where their system calls take them, and return a negative errno likewise. Source: vdso(7).
 */
export function codeOfMissing(name: string): Uint8Array | undefined {
  switch (name.replace(/^__vdso_/, "")) {
    case "clock_gettime":
      return makeCall(syscallNumber("clock_gettime"));
    case "clock_getres":
      return makeCall(syscallNumber("clock_getres"));
    case "gettimeofday":
      return makeCall(syscallNumber("gettimeofday"));
    case "getcpu":
      return makeCall(syscallNumber("getcpu"));
    case "time":
      return makeCall(syscallNumber("time"));
    case "getrandom":
      return makeGetrandom();
    case "sgx_enter_enclave":
      // No system call enters an enclave, and a kernel without the function has no enclaves.
      return Uint8Array.of(...moveToAccumulator(-ERRNO.ENOSYS), RET);
    default:
      return undefined;
  }
}

const RET = 0xc3;

/** `mov eax, value`. */
function moveToAccumulator(value: number): number[] {
  return [0xb8, ...int32(value)];
}

function int32(value: number): number[] {
  return [...new Uint8Array(Int32Array.of(value).buffer)];
}

/** `mov eax, number ; syscall ; ret`. */
function makeCall(number: number): Uint8Array {
  return Uint8Array.of(...moveToAccumulator(number), 0x0f, 0x05, RET);
}

/**
 * sizeof(struct vgetrandom_state) on x86-64, and the bytes of struct vgetrandom_opaque_params after its three fields.
 * Sources: include/vdso/getrandom.h and include/uapi/linux/random.h.
 */
const STATE_SIZE = 144;
const RESERVED_SIZE = 13 * 4;

/**
 * getrandom(buffer, length, flags, opaque_state, opaque_length). An opaque_length of ~0 asks how to map an opaque state. Otherwise the system call fills
 * the buffer and the opaque state stays untouched, as when the kernel's own function falls back to the system call. Source: lib/vdso/getrandom.c.
 */
function makeGetrandom(): Uint8Array {
  const answer = [
    ...[0xc7, 0x01, ...int32(STATE_SIZE)], // mov dword [rcx], size_of_opaque_state
    ...[0xc7, 0x41, 0x04, ...int32(PROT.READ | PROT.WRITE)], // mov dword [rcx + 4], mmap_prot
    // A kernel without this function has no MAP_DROPPABLE either.
    ...[0xc7, 0x41, 0x08, ...int32(MAP.PRIVATE | MAP.ANONYMOUS)], // mov dword [rcx + 8], mmap_flags
    ...[0x48, 0x8d, 0x79, 0x0c], // lea rdi, [rcx + 12]
    ...[0xb9, ...int32(RESERVED_SIZE)], // mov ecx, the size of the reserved fields
    ...[0x31, 0xc0], // xor eax, eax
    ...[0xf3, 0xaa], // rep stosb
    RET,
  ];
  const isAsked = [0x49, 0x83, 0xf8, 0xff]; // cmp r8, -1
  return Uint8Array.of(...isAsked, 0x75, answer.length, ...answer, ...makeCall(syscallNumber("getrandom"))); // jne, past the answer
}
