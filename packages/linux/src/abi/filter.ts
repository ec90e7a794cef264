/** Bytes of struct sock_filter, one instruction of a filter. Source: include/uapi/linux/filter.h. */
export const SOCK_FILTER_SIZE = 8;
