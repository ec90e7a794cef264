import {
  NF,
  NF_INET,
  NFGENMSG_SIZE,
  NFNL_MSG,
  NFNL_SUBSYS,
  NFPROTO,
  NFT_CMP,
  NFT_META,
  NFT_MSG,
  NFT_REG,
  NFT_TABLE_F,
  NFTA_CHAIN,
  NFTA_CMP,
  NFTA_DATA,
  NFTA_EXPR,
  NFTA_HOOK,
  NFTA_IMMEDIATE,
  NFTA_LIST,
  NFTA_META,
  NFTA_RULE,
  NFTA_TABLE,
  NFTA_VERDICT,
  NLA_F_NESTED,
  NLM_F,
} from "@restage/linux/abi";
import { encodeAttribute, encodeMessage } from "../netlink-message.ts";
import { LOCK_MARK } from "./format.ts";

/** A batch of netlink messages that deletes a table of the family `inet`. It is acknowledged. Running nft(8) takes longer than a small restore. */
export function tableDeletion(table: string): Uint8Array {
  return batch([nftables(NFT_MSG.DELTABLE, NLM_F.ACK, text(NFTA_TABLE.NAME, table))]);
}

/**
 * A batch of netlink messages that makes a table of the family `inet` whose chains drop all packets but those with the mark of a restore. The kernel
 * deletes the table with the socket that made it. The last message is acknowledged.
 */
export function lockingTable(table: string): Uint8Array {
  const { CREATE, EXCL, APPEND, ACK } = NLM_F;
  const chain = (name: string, hook: number) =>
    nftables(
      NFT_MSG.NEWCHAIN,
      CREATE,
      text(NFTA_CHAIN.TABLE, table),
      text(NFTA_CHAIN.NAME, name),
      nested(NFTA_CHAIN.HOOK, word(NFTA_HOOK.HOOKNUM, hook), word(NFTA_HOOK.PRIORITY, 0)),
      word(NFTA_CHAIN.POLICY, NF.DROP),
      text(NFTA_CHAIN.TYPE, "filter"),
    );
  const rule = (chain: string, flags: number) =>
    nftables(
      NFT_MSG.NEWRULE,
      CREATE | APPEND | flags,
      text(NFTA_RULE.TABLE, table),
      text(NFTA_RULE.CHAIN, chain),
      nested(NFTA_RULE.EXPRESSIONS, ...acceptMarked()),
    );
  return batch([
    nftables(NFT_MSG.NEWTABLE, CREATE | EXCL, text(NFTA_TABLE.NAME, table), word(NFTA_TABLE.FLAGS, NFT_TABLE_F.OWNER)),
    chain("input", NF_INET.LOCAL_IN),
    chain("output", NF_INET.LOCAL_OUT),
    rule("input", 0),
    rule("output", ACK),
  ]);
}

/** The expressions of `meta mark 0xc114 accept`. Not a constant: encoding them at every start takes 0.6 ms, and most restores lock no network. */
function acceptMarked(): readonly Uint8Array[] {
  return [
    expression("meta", word(NFTA_META.DREG, NFT_REG[1]), word(NFTA_META.KEY, NFT_META.MARK)),
    expression(
      "cmp",
      word(NFTA_CMP.SREG, NFT_REG[1]),
      word(NFTA_CMP.OP, NFT_CMP.EQ),
      // A register has the byte order of this machine.
      nested(NFTA_CMP.DATA, encodeAttribute(NFTA_DATA.VALUE, new Uint8Array(Uint32Array.of(LOCK_MARK).buffer))),
    ),
    expression(
      "immediate",
      word(NFTA_IMMEDIATE.DREG, NFT_REG.VERDICT),
      nested(NFTA_IMMEDIATE.DATA, nested(NFTA_DATA.VERDICT, word(NFTA_VERDICT.CODE, NF.ACCEPT))),
    ),
  ];
}

function expression(name: string, ...data: readonly Uint8Array[]): Uint8Array {
  return nested(NFTA_LIST.ELEM, text(NFTA_EXPR.NAME, name), nested(NFTA_EXPR.DATA, ...data));
}

function text(type: number, value: string): Uint8Array {
  return encodeAttribute(type, new TextEncoder().encode(`${value}\0`));
}

/** A number in network byte order. */
function word(type: number, value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value);
  return encodeAttribute(type, bytes);
}

function nested(type: number, ...attributes: readonly Uint8Array[]): Uint8Array {
  return encodeAttribute(type | NLA_F_NESTED, Buffer.concat(attributes));
}

function nftables(type: number, flags: number, ...attributes: readonly Uint8Array[]): Uint8Array {
  return message((NFNL_SUBSYS.NFTABLES << 8) | type, NFPROTO.INET, 0, Buffer.concat(attributes), flags);
}

function batch(messages: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat([
    message(NFNL_MSG.BATCH_BEGIN, 0, NFNL_SUBSYS.NFTABLES, new Uint8Array()),
    ...messages,
    message(NFNL_MSG.BATCH_END, 0, NFNL_SUBSYS.NFTABLES, new Uint8Array()),
  ]);
}

/** A message that begins with struct nfgenmsg: family, version 0, and a resource number in network byte order. */
function message(type: number, family: number, resource: number, attributes: Uint8Array, flags = 0): Uint8Array {
  const body = new Uint8Array(NFGENMSG_SIZE + attributes.length);
  body[0] = family;
  new DataView(body.buffer).setUint16(2, resource);
  body.set(attributes, NFGENMSG_SIZE);
  return encodeMessage(type, NLM_F.REQUEST | flags, body);
}
