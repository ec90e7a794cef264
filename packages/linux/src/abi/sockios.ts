/** The ioctls that give the name of a network device by its index, and the reverse. Source: include/uapi/linux/sockios.h. */
export const SIOCGIFNAME = 0x8910;
export const SIOCGIFINDEX = 0x8933;
