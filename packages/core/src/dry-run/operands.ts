import type { Data, Operand, SyscallStep } from "@restage/linux";

/** The value of an argument in a recording. Data has no address there, so its address is 0. */
export function worthOf(operand: Operand | undefined): bigint {
  if (operand === undefined) return 0n;
  if (typeof operand !== "object") return BigInt(operand);
  if (operand.kind === "result") return BigInt(operand.step.result ?? 0);
  return operand.kind === "loaded" ? readField(operand.data, operand.offset, operand.size) : 0n;
}

/** An argument as a number, such as a descriptor or a length. */
export function numberOf(step: SyscallStep, index: number): number {
  return Number(worthOf(step.args[index]));
}

/** The data that an argument points to; undefined for a plain address. */
export function dataOf(operand: Operand | undefined): Data | undefined {
  return typeof operand === "object" && operand.kind === "address" ? operand.data : undefined;
}

/** A field of data: the pending value for it, or else its bytes. */
export function readField(data: Data, offset: number, size: 4 | 8): bigint {
  const field = data.fields.find((field) => field.offset === offset);
  if (field !== undefined) return worthOf(field.value);
  const view = new DataView(data.bytes.buffer, data.bytes.byteOffset, data.bytes.byteLength);
  return size === 4 ? BigInt(view.getUint32(offset, true)) : view.getBigUint64(offset, true);
}

/** The data that a field of data points to. */
export function dataAt(data: Data, offset: number): Data | undefined {
  return dataOf(data.fields.find((field) => field.offset === offset)?.value);
}

/** Writes 32-bit words as the kernel would. */
export function fill(target: Data | undefined, ...words: readonly number[]): void {
  if (target?.output !== true) return;
  const view = new DataView(target.bytes.buffer, target.bytes.byteOffset, target.bytes.byteLength);
  words.forEach((word, index) => {
    if (4 * index + 4 <= target.bytes.length) view.setInt32(4 * index, word, true);
  });
}
