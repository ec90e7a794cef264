import { AF } from "@restage/linux/abi";
import { type Parameter, pointer } from "./parameter.ts";

/** A socket's address, printed as `127.0.0.1:80`, `[::1]:80`, `"/run/socket"` or `"@abstract"`. Source: include/uapi/linux/in.h, in6.h and un.h. */
export const socketAddress: typeof pointer = {
  ...pointer,
  print(operand, names) {
    const whole = pointer.print(operand, names);
    if (typeof operand !== "object" || operand.kind !== "address") return whole;
    const { bytes, output, fields } = operand.data;
    return output || fields.length > 0 || bytes.length < 2 ? whole : (shownAddress(bytes) ?? whole);
  },
} satisfies Parameter<never>;

function shownAddress(bytes: Uint8Array): string | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  switch (view.getUint16(0, true)) {
    case AF.INET:
      return bytes.length < 8 ? undefined : `${bytes.subarray(4, 8).join(".")}:${view.getUint16(2)}`;
    case AF.INET6: {
      if (bytes.length < 24) return undefined;
      const groups = Array.from({ length: 8 }, (_, index) => view.getUint16(8 + 2 * index).toString(16));
      // A URL has the short form.
      return `${new URL(`http://[${groups.join(":")}]`).hostname}:${view.getUint16(2)}`;
    }
    case AF.UNIX: {
      const path = Buffer.from(bytes.subarray(2)).toString();
      return JSON.stringify(path.startsWith("\0") ? `@${path.slice(1)}` : path.split("\0", 1)[0]);
    }
    default:
      return undefined;
  }
}
