/** Makes msgrcv(2) copy a message and leave it in the queue. Source: include/uapi/linux/msg.h. */
export const MSG_COPY = 0o40000;

/** struct msqid64_ds: offsets of its members. Source: include/uapi/asm-generic/msgbuf.h. */
export const MSQID64_DS = { size: 120, msg_qnum: 80, msg_qbytes: 88 } as const;
