/** How a checkpoint keeps packets off, in `network_lock_method` of the inventory. Source: CRIU criu/include/cr_options.h. */
export const LOCK_METHOD = { IPTABLES: 0, NFTABLES: 1, SKIP: 2 } as const;

/** The mark of packets that the lock lets through: those of the restore. Source: CRIU soccr/soccr.h. */
export const LOCK_MARK = 0xc114;

/** CRIU cuts the family and name of its table to this length. Source: CRIU criu/net.c. */
const TABLE_NAME_SIZE = 31;

/** Family and name of the nftables table with the rules of a lock. @param runId of the checkpoint. */
export function lockTable(runId: string): string {
  return `inet CRIU-${runId}`.slice(0, TABLE_NAME_SIZE);
}
