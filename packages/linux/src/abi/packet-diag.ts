/** What packet_diag_req asks for. Source: include/uapi/linux/packet_diag.h. */
export const PACKET_SHOW = { INFO: 1, MCLIST: 2, RING_CFG: 4, FANOUT: 8 } as const;

/** Attributes of packet_diag_msg. Source: include/uapi/linux/packet_diag.h. */
export const PACKET_DIAG = { INFO: 0, MCLIST: 1, RX_RING: 2, TX_RING: 3, FANOUT: 4 } as const;

/** struct packet_diag_req: offsets of its members. Source: include/uapi/linux/packet_diag.h. */
export const PACKET_DIAG_REQ = { size: 20, sdiag_family: 0, pdiag_show: 8 } as const;

/** struct packet_diag_msg: offsets of its members. Source: include/uapi/linux/packet_diag.h. */
export const PACKET_DIAG_MSG = { size: 16, pdiag_type: 1, pdiag_num: 2, pdiag_ino: 4 } as const;

/** struct packet_diag_info: offsets of its members. Source: include/uapi/linux/packet_diag.h. */
export const PACKET_DIAG_INFO = {
  pdi_index: 0,
  pdi_version: 4,
  pdi_reserve: 8,
  pdi_copy_thresh: 12,
  pdi_tstamp: 16,
  pdi_flags: 20,
} as const;

/** Bits of pdi_flags. Source: include/uapi/linux/packet_diag.h. */
export const PDI = { AUXDATA: 2, ORIGDEV: 4, VNETHDR: 8, LOSS: 16 } as const;

/** struct packet_diag_mclist: offsets of its members. Source: include/uapi/linux/packet_diag.h. */
export const PACKET_DIAG_MCLIST = {
  size: 44,
  pdmc_index: 0,
  pdmc_count: 4,
  pdmc_type: 8,
  pdmc_alen: 10,
  pdmc_addr: 12,
} as const;
