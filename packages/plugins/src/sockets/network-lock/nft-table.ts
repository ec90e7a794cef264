import { NFGENMSG_SIZE, NFNL_MSG, NFNL_SUBSYS, NFPROTO, NFT_MSG, NFTA_TABLE, NLM_F } from "@restage/linux/abi";
import { encodeAttribute, encodeMessage } from "../netlink-message.ts";

/** A batch of netlink messages that deletes a table of the family `inet`, for the janitor, which cannot run nft(8). */
export function tableDeletion(table: string): Uint8Array {
  const name = encodeAttribute(NFTA_TABLE.NAME, new TextEncoder().encode(`${table}\0`));
  return Buffer.concat([
    message(NFNL_MSG.BATCH_BEGIN, 0, NFNL_SUBSYS.NFTABLES, new Uint8Array()),
    message((NFNL_SUBSYS.NFTABLES << 8) | NFT_MSG.DELTABLE, NFPROTO.INET, 0, name),
    message(NFNL_MSG.BATCH_END, 0, NFNL_SUBSYS.NFTABLES, new Uint8Array()),
  ]);
}

/** A message that begins with struct nfgenmsg: family, version 0, and a resource number in network byte order. */
function message(type: number, family: number, resource: number, attributes: Uint8Array): Uint8Array {
  const body = new Uint8Array(NFGENMSG_SIZE + attributes.length);
  body[0] = family;
  new DataView(body.buffer).setUint16(2, resource);
  body.set(attributes, NFGENMSG_SIZE);
  return encodeMessage(type, NLM_F.REQUEST, body);
}
