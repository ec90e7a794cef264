import type { TcpStreamEntry } from "@restage/images";
import { TCP_INFO, TCP_STATE } from "@restage/linux/abi";

/** What of struct tcp_info is saved. */
export interface TcpInfo {
  readonly state: number;
  /** Bits of TCPI_OPT. */
  readonly options: number;
  readonly snd_wscale: number;
  readonly rcv_wscale: number;
}

/** Reads struct tcp_info; the kernel may give less of it than there is. */
export function decodeTcpInfo(bytes: Uint8Array): TcpInfo {
  const scales = bytes[TCP_INFO.wscale] ?? 0;
  return {
    state: bytes[TCP_INFO.tcpi_state] ?? TCP_STATE.CLOSE,
    options: bytes[TCP_INFO.tcpi_options] ?? 0,
    snd_wscale: scales & 15,
    rcv_wscale: scales >> 4,
  };
}

/** The fields of struct tcp_repair_window, under their names in images. Source: include/uapi/linux/tcp.h. */
export type RepairWindow = Required<Pick<TcpStreamEntry, "snd_wl1" | "snd_wnd" | "max_window" | "rcv_wnd" | "rcv_wup">>;

/** Bytes of struct tcp_repair_window. */
export const REPAIR_WINDOW_SIZE = 20;

export function encodeWindow({ snd_wl1, snd_wnd, max_window, rcv_wnd, rcv_wup }: RepairWindow): Uint8Array {
  return new Uint8Array(Uint32Array.of(snd_wl1, snd_wnd, max_window, rcv_wnd, rcv_wup).buffer);
}

export function decodeWindow(bytes: Uint8Array): RepairWindow {
  const words = new Uint32Array(bytes.slice().buffer);
  const [snd_wl1 = 0, snd_wnd = 0, max_window = 0, rcv_wnd = 0, rcv_wup = 0] = words;
  return { snd_wl1, snd_wnd, max_window, rcv_wnd, rcv_wup };
}

/** The name of a state, as the kernel's headers have it. */
export function stateName(state: number): string {
  return Object.entries(TCP_STATE).find(([, value]) => value === state)?.[0] ?? String(state);
}
