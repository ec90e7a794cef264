/** Messages of nftables. Source: include/uapi/linux/netfilter/{nfnetlink,nf_tables}.h. */
const NFNL_MSG_BATCH_BEGIN = 0x10;
const NFNL_MSG_BATCH_END = 0x11;
const NFNL_SUBSYS_NFTABLES = 10;
const NFT_MSG_DELTABLE = 2;
const NFPROTO_INET = 1;
const NFTA_TABLE_NAME = 1;
const NLM_F_REQUEST = 1;

/** A batch of netlink messages that deletes a table of the family `inet`: for where no program can be run. */
export function tableDeletion(table: string): Uint8Array {
  return Buffer.concat([
    message(NFNL_MSG_BATCH_BEGIN, 0, NFNL_SUBSYS_NFTABLES, new Uint8Array()),
    message((NFNL_SUBSYS_NFTABLES << 8) | NFT_MSG_DELTABLE, NFPROTO_INET, 0, attribute(NFTA_TABLE_NAME, `${table}\0`)),
    message(NFNL_MSG_BATCH_END, 0, NFNL_SUBSYS_NFTABLES, new Uint8Array()),
  ]);
}

/** struct nlmsghdr, then struct nfgenmsg: family, version 0, and a number in network byte order. */
function message(type: number, family: number, resource: number, attributes: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(20 + attributes.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, bytes.length, true);
  view.setUint16(4, type, true);
  view.setUint16(6, NLM_F_REQUEST, true);
  view.setUint8(16, family);
  view.setUint16(18, resource, false);
  bytes.set(attributes, 20);
  return bytes;
}

function attribute(type: number, value: string): Uint8Array {
  const text = new TextEncoder().encode(value);
  const bytes = new Uint8Array((4 + text.length + 3) & ~3);
  new DataView(bytes.buffer).setUint16(0, 4 + text.length, true);
  new DataView(bytes.buffer).setUint16(2, type, true);
  bytes.set(text, 4);
  return bytes;
}
