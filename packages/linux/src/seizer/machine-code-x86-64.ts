import type { UserReg } from "../abi/user-regs-x86-64.ts";

/** The general registers by their number in instructions. */
export const NUMBERED = [
  "ax",
  "cx",
  "dx",
  "bx",
  "sp",
  "bp",
  "si",
  "di",
  "r8",
  "r9",
  "r10",
  "r11",
  "r12",
  "r13",
  "r14",
  "r15",
] as const satisfies readonly UserReg[];

export type GeneralRegister = (typeof NUMBERED)[number];

export const SYSCALL = [0x0f, 0x05] as const;

/** Position-independent code, with the words that it refers to behind it. */
export class MachineCode {
  readonly #bytes: number[] = [];
  readonly #words: { readonly value: bigint; readonly references: number[] }[] = [];

  emit(...bytes: readonly number[]): void {
    this.#bytes.push(...bytes);
  }

  /** mov register, value: flags stay. */
  load(register: GeneralRegister, value: bigint): void {
    const number = NUMBERED.indexOf(register);
    const isShort = value >> 32n === 0n;
    const prefix = (isShort ? 0x40 : 0x48) | (number >> 3);
    if (prefix !== 0x40) this.emit(prefix);
    this.emit(0xb8 | (number & 7), ...littleEndian(value, isShort ? 4 : 8));
  }

  /** An instruction whose last operand is the address of a word, relative to its end. */
  withWord(instruction: readonly number[], value: bigint): void {
    this.emit(...instruction);
    let word = this.#words.find((each) => each.value === value);
    if (word === undefined) {
      word = { value, references: [] };
      this.#words.push(word);
    }
    word.references.push(this.#bytes.length);
    this.emit(0, 0, 0, 0);
  }

  finish(): Uint8Array {
    while (this.#bytes.length % 8 !== 0) this.emit(0xcc);
    const code = Uint8Array.from(this.#bytes);
    const bytes = new Uint8Array(code.length + 8 * this.#words.length);
    bytes.set(code);
    const view = new DataView(bytes.buffer);
    this.#words.forEach(({ value, references }, index) => {
      const at = code.length + 8 * index;
      view.setBigUint64(at, value, true);
      for (const reference of references) view.setInt32(reference, at - (reference + 4), true);
    });
    return bytes;
  }
}

function littleEndian(value: bigint, size: number): number[] {
  return Array.from({ length: size }, (_, n) => Number((value >> BigInt(8 * n)) & 0xffn));
}
