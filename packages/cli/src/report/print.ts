import { writeSync } from "node:fs";

/** Where `print` writes. It is not a stream: Bun takes longer to load streams than many restores take. */
export const standardOutput = {
  write(text: string | Uint8Array): void {
    let rest = typeof text === "string" ? Buffer.from(text) : text;
    while (rest.length > 0) rest = rest.subarray(writeSome(rest));
  },
};

/** Writes to standard output. */
export function print(text: string | Uint8Array): void {
  standardOutput.write(text);
}

/** Returns the number of bytes written. */
function writeSome(bytes: Uint8Array): number {
  try {
    return writeSync(1, bytes);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // A reader that closes the pipe early (`restage inspect | head`) is not a failure.
    if (code === "EPIPE") process.exit();
    if (code !== "EAGAIN") throw error;
    // A full pipe that does not block (O_NONBLOCK).
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
    return 0;
  }
}
