import { encodeText } from "@restage/images";

/** TASK_COMM_LEN. Source: include/linux/sched.h. */
const LENGTH = 16;

/** A name as prctl(PR_SET_NAME) takes it, cut to what the kernel keeps. */
export function encodeName(name: string): Uint8Array {
  const bytes = new Uint8Array(LENGTH);
  bytes.set(encodeText(name).subarray(0, LENGTH - 1));
  return bytes;
}
