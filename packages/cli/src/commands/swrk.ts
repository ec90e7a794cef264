import { RestoreError } from "@restage/core";
import { serve } from "../rpc/serve.ts";

/** Serves a caller over the socket that it passed. Returns the exit code. */
export async function swrkCommand(operand: string | undefined): Promise<number> {
  const descriptor = Number(operand);
  if (operand !== undefined && Number.isInteger(descriptor) && descriptor >= 0) return await serve(descriptor);
  throw new RestoreError("ERR_OPTION", "Name the socket: `restage swrk FD`", {
    hint: "container engines do so; `restage install-criu DIR` gives them a criu to start",
  });
}
