/** An option of UDP sockets: datagrams are put together until it is off. Source: include/uapi/linux/udp.h. */
export const UDP_CORK = 1;
