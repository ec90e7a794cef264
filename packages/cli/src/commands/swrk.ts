import { RestoreError } from "@restage/core";
import { serve } from "../rpc/serve.ts";

/**
 * Serves a caller over the socket that it passed. Returns the exit code.
 *
 * @param request the words of a request in Base64 that a program named criu has received already.
 */
export async function swrkCommand(
  operand: string | undefined,
  request: readonly (string | undefined)[],
): Promise<number> {
  const descriptor = Number(operand);
  if (operand !== undefined && Number.isInteger(descriptor) && descriptor >= 0) {
    const received = request.length === 0 ? undefined : Buffer.from(request.join(""), "base64");
    return await serve(descriptor, received);
  }
  throw new RestoreError("ERR_OPTION", "Name the socket: `restage swrk FD`", {
    hint: "container engines do so; `restage install-criu DIR` gives them a criu to start",
  });
}
