/** The ioctl that gives the index of a network device. Source: include/uapi/linux/sockios.h. */
export const SIOCGIFINDEX = 0x8933;
