import {
  NFGENMSG_SIZE,
  NFNL_MSG,
  NFNL_SUBSYS,
  NFPROTO,
  NFT_MSG,
  NFTA_TABLE,
  NLM_F,
  NLMSGHDR_SIZE,
} from "@restage/linux/abi";

/** A batch of netlink messages that deletes a table of the family `inet`: for where no program can be run. */
export function tableDeletion(table: string): Uint8Array {
  return Buffer.concat([
    message(NFNL_MSG.BATCH_BEGIN, 0, NFNL_SUBSYS.NFTABLES, new Uint8Array()),
    message((NFNL_SUBSYS.NFTABLES << 8) | NFT_MSG.DELTABLE, NFPROTO.INET, 0, attribute(NFTA_TABLE.NAME, `${table}\0`)),
    message(NFNL_MSG.BATCH_END, 0, NFNL_SUBSYS.NFTABLES, new Uint8Array()),
  ]);
}

/** struct nlmsghdr, then struct nfgenmsg: family, version 0, and a number in network byte order. */
function message(type: number, family: number, resource: number, attributes: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(NLMSGHDR_SIZE + NFGENMSG_SIZE + attributes.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, bytes.length, true);
  view.setUint16(4, type, true);
  view.setUint16(6, NLM_F.REQUEST, true);
  view.setUint8(NLMSGHDR_SIZE, family);
  view.setUint16(NLMSGHDR_SIZE + 2, resource, false);
  bytes.set(attributes, NLMSGHDR_SIZE + NFGENMSG_SIZE);
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
