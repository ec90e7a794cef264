/** Gives the name of a network device by its index. Source: include/uapi/linux/sockios.h. */
export const SIOCGIFNAME = 0x8910;
/** Gives the index of a network device by its name. Source: include/uapi/linux/sockios.h. */
export const SIOCGIFINDEX = 0x8933;

/** Asks how many bytes the receive queue of a socket holds. Source: include/uapi/linux/sockios.h. */
export const SIOCINQ = 0x541b;
/** Asks how many bytes the send queue of a socket holds. Source: include/uapi/linux/sockios.h. */
export const SIOCOUTQ = 0x5411;
/** Asks how many bytes of the send queue were never sent. Source: include/uapi/linux/sockios.h. */
export const SIOCOUTQNSD = 0x894b;
