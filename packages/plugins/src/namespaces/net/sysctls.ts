import type { Host } from "@restage/core";
import type { NetDeviceEntry, NetnsEntry, SysctlEntry } from "@restage/images";

/** Settings of links, in the order in which the images have them. Source: CRIU criu/net.c, Documentation/networking/ip-sysctl.rst. */
const CONF4 = (
  "accept_local accept_redirects accept_source_route arp_accept arp_announce arp_filter arp_ignore arp_notify bootp_relay disable_policy " +
  "disable_xfrm force_igmp_version forwarding igmpv2_unsolicited_report_interval igmpv3_unsolicited_report_interval log_martians medium_id " +
  "promote_secondaries proxy_arp proxy_arp_pvlan route_localnet rp_filter secure_redirects send_redirects shared_media src_valid_mark tag " +
  "ignore_routes_with_linkdown drop_gratuitous_arp drop_unicast_in_l2_multicast"
).split(" ");
const CONF6 = (
  "accept_dad accept_ra accept_ra_defrtr accept_ra_from_local accept_ra_min_hop_limit accept_ra_mtu accept_ra_pinfo accept_ra_rt_info_max_plen " +
  "accept_ra_rtr_pref accept_redirects accept_source_route autoconf dad_transmits disable_ipv6 drop_unicast_in_l2_multicast drop_unsolicited_na " +
  "force_mld_version force_tllao forwarding hop_limit ignore_routes_with_linkdown keep_addr_on_down max_addresses max_desync_factor " +
  "mldv1_unsolicited_report_interval mldv2_unsolicited_report_interval mtu ndisc_notify optimistic_dad proxy_ndp regen_max_retry " +
  "router_probe_interval router_solicitation_delay router_solicitation_interval router_solicitations stable_secret suppress_frag_ndisc " +
  "temp_prefered_lft temp_valid_lft use_oif_addrs_only use_optimistic use_tempaddr"
).split(" ");

/** What holds for all links, and for new ones; sockets. To be set before links are. */
export function setNetworkSysctls(host: Host, netns: NetnsEntry): void {
  set(host, "net/ipv4/conf/default", CONF4, netns.def_conf4);
  set(host, "net/ipv4/conf/all", CONF4, netns.all_conf4);
  set(host, "net/ipv6/conf/default", CONF6, netns.def_conf6);
  set(host, "net/ipv6/conf/all", CONF6, netns.all_conf6);
  set(host, "net/unix", ["max_dgram_qlen"], netns.unix_conf);
  set(host, "net/ipv4", ["ping_group_range"], netns.ipv4_sysctl);
}

/** Settings of a link. */
export function setLinkSysctls(host: Host, { name, conf4, conf6 }: NetDeviceEntry): void {
  set(host, `net/ipv4/conf/${name}`, CONF4, conf4);
  set(host, `net/ipv6/conf/${name}`, CONF6, conf6);
}

/** Writes what is not so already: most is. What this kernel does not have is what the checkpoint's kernel had by default, or the write fails. */
function set(host: Host, folder: string, names: readonly string[], values: readonly SysctlEntry[]): void {
  values.forEach(({ iarg, sarg }, index) => {
    const name = names[index];
    const value = sarg ?? iarg?.toString();
    if (name === undefined || value === undefined) return;
    const path = `/proc/sys/${folder}/${name}`;
    const found = host.readText(path);
    if (found !== undefined && found.trim().split(/\s+/).join(" ") !== value.trim().split(/\s+/).join(" "))
      host.writeFile(path, `${value}\n`);
  });
}
