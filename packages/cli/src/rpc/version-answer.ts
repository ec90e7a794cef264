import type { InputOf } from "@restage/images";
import { CRIU_VERSION } from "../criu/version.ts";
import { type CriuResp, REQUEST } from "./messages.ts";

/** The answer to a request for the version. */
export const VERSION_ANSWER: InputOf<CriuResp> = {
  type: REQUEST.VERSION,
  success: true,
  version: { major_number: CRIU_VERSION.major, minor_number: CRIU_VERSION.minor },
};
