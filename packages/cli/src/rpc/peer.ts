import { type Host, output, RestoreError, struct } from "@restage/core";
import { SO, SOL } from "@restage/linux/abi";

/** struct ucred. Source: unix(7), "SO_PEERCRED". */
const UCRED_SIZE = 12;

/** The process that made the other end of a connected Unix socket. Throws ERR_OPTION for any other descriptor. */
export function peerOf(host: Host, socket: number): { readonly pid: number; readonly uid: number } {
  const credentials = output(UCRED_SIZE);
  const result = host.attempt("getsockopt", socket, SOL.SOCKET, SO.PEERCRED, credentials, struct([4, UCRED_SIZE]));
  if (result < 0)
    throw new RestoreError("ERR_OPTION", `Descriptor ${socket} is not a connected socket`, {
      hint: "use `restage restore` and `restage checkpoint`: only container engines pass such a socket",
    });
  const view = new DataView(credentials.bytes.buffer, credentials.bytes.byteOffset);
  return { pid: view.getInt32(0, true), uid: view.getUint32(4, true) };
}
