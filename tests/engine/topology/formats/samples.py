"""One document of each format, made up, in the shape that the real ones have."""

from __future__ import annotations

from datetime import UTC, datetime

AT = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)
_FRESH = int(AT.timestamp()) - 60
_HILL = "10.9.0.2/32,fd00::2/128"
_STALE = int(AT.timestamp()) - 300

OLSR = """HTTP/1.1 200 OK\r
Content-Type: application/json\r
\r
{"topology": [
  {"lastHopIP": "10.1.0.1", "destinationIP": "10.1.0.2", "tcEdgeCost": 2048,
   "linkQuality": 0.5, "neighborLinkQuality": 1, "validityTime": 9},
  {"lastHopIP": "10.1.0.2", "destinationIP": "10.1.0.3", "tcEdgeCost": Infinity,
   "linkQuality": 0, "neighborLinkQuality": 0}],
 "mid": [{"main": {"ipAddress": "10.1.0.1"}, "aliases": [{"ipAddress": "10.2.0.1"}]}],
 "version": {"releaseVersion": "0.9.8", "sourceHash": "abc"}}"""

TXTINFO = """Table: Topology
Dest. IP\tLast hop IP\tLQ\tNLQ\tCost
10.1.0.2\t10.1.0.1\t0.500\t1.000\t2.000
10.1.0.3\t10.1.0.2\t0.000\t0.000\tINFINITE

Table: MID
IP address\tAliases
10.1.0.1\t10.2.0.1;10.2.0.2
"""

BATMAN = """{"source_version": "2024.2", "algorithm": 4, "vis": [
  {"primary": "02:00:00:00:00:01", "secondary": ["02:00:00:00:01:01"],
   "neighbors": [{"router": "02:00:00:00:01:01", "neighbor": "02:00:00:00:00:02",
                  "metric": "1.020"}],
   "clients": ["02:aa:00:00:00:01"]},
  {"primary": "02:00:00:00:00:02", "clients": [],
   "neighbors": [{"router": "02:00:00:00:00:02", "neighbor": "02:00:00:00:01:01",
                  "metric": "1.100"}]},
  {"primary": "02:00:00:00:00:03", "neighbors": [], "clients": []}]}"""

VIS_TEXT = """Table: Topology
            MAC 1             MAC2   LQ   NLQ  Cost
02:00:00:00:00:01 02:00:00:00:00:02 1.000 1.000 1.000
"""

BMX6 = """[{"name": "hill", "links": [{"name": "mill", "txRate": 90, "rxRate": 100}]},
 {"name": "mill", "links": []}]"""

CNML = """<?xml version="1.0"?>
<cnml version="0.1"><network><zone id="1"><node id="2"><device id="3">
<radio id="0"><interface id="10" ipv4="172.16.0.1">
 <link id="20" linked_interface_id="11" link_status="Working"/>
 <link id="21" linked_interface_id="12" link_status="Planned"/>
 <link id="22" linked_interface_id="99" link_status="Working"/></interface></radio>
</device></node><node id="4"><device id="5"><interface id="11" ipv4="172.16.0.2">
 <link id="20" linked_interface_id="10" link_status="Working"/></interface>
<interface id="12" ipv4="172.16.0.3"/></device></node></zone></network></cnml>"""

NETJSON = """{"type": "NetworkGraph", "protocol": "OLSR", "version": 0.8, "metric": null,
 "revision": "r1",
 "nodes": [{"id": "a", "label": "Hill", "local_addresses": ["10.0.0.1"],
            "properties": {"gateway": true}}, {"id": 7}],
 "links": [{"source": "a", "target": 7, "cost": 1.5, "cost_text": "15 Mbps"},
           {"source": "a", "target": "a", "cost": 1}]}"""

OPENVPN = """OpenVPN CLIENT LIST
Updated,2026-03-01 12:00:00
Common Name,Real Address,Bytes Received,Bytes Sent,Connected Since
hill,[2001:db8::7]:1194,10,20,2026-03-01 11:00:00
mill,192.0.2.7:50000,10,20,Sun Mar  1 11:00:00 2026
idle,192.0.2.8:50000,0,0,Sun Mar  1 11:59:00 2026
UNDEF,192.0.2.9:50000,0,0,Sun Mar  1 11:59:30 2026
ROUTING TABLE
Virtual Address,Common Name,Real Address,Last Ref
10.8.0.2,hill,[2001:db8::7]:1194,2026-03-01 11:59:59
fd00::2,hill,[2001:db8::7]:1194,2026-03-01 11:59:59
02:00:00:00:00:07@0,mill,192.0.2.7:50000,Sun Mar  1 11:59:00 2026
GLOBAL STATS
Max bcast/mcast queue length,0
END
"""

OPENVPN_2 = """>INFO:OpenVPN Management Interface Version 5
TITLE,OpenVPN 2.6.12 mips-openwrt-linux-gnu
TIME,2026-03-01 13:00:00,1772366400
HEADER,CLIENT_LIST,Common Name,Real Address,Virtual Address,Virtual IPv6 Address,\
Bytes Received,Bytes Sent,Connected Since,Connected Since (time_t),Username,Client ID,Peer ID
CLIENT_LIST,hill,udp4:192.0.2.7:50000,10.8.0.2,,10,20,2026-03-01 12:00:00,1772362800,UNDEF,0,0
HEADER,ROUTING_TABLE,Virtual Address,Common Name,Real Address,Last Ref,Last Ref (time_t)
ROUTING_TABLE,10.8.0.2,hill,udp4:192.0.2.7:50000,2026-03-01 12:59:00,1772366340
GLOBAL_STATS,Max bcast/mcast queue length,0
END
"""

WIREGUARD = "\n".join(
    "\t".join(fields)
    for fields in (
        ("wg0", "PRIVATE", "HUB=", "51820", "off"),
        ("wg0", "HILL=", "SHARED", "192.0.2.7:1", _HILL, str(_FRESH), "1", "2", "25"),
        ("wg0", "MILL=", "(none)", "(none)", "10.9.0.3/32", str(_STALE), "1", "2", "off"),
        ("wg0", "NEVER=", "(none)", "(none)", "(none)", "0", "0", "0", "off"),
    )
)

ZEROTIER = """[
 {"address": "1111111111", "role": "LEAF", "latency": 12, "version": "1.14.0", "isBonded": false,
  "tunneled": false,
  "paths": [{"active": true, "preferred": false, "expired": false, "address": "192.0.2.1/1"},
            {"active": true, "preferred": true, "expired": false, "address": "192.0.2.2/9993"}]},
 {"address": "2222222222", "role": "LEAF", "latency": -1, "paths": []},
 {"address": "3333333333", "role": "PLANET", "latency": 90, "paths": []}]"""

BABEL = """BABEL 1.0
version babeld-1.13.1
host hill
my-id 02:00:00:ff:fe:00:00:01
ok
add interface mesh0 up true ipv6 fe80::1 ipv4 10.3.0.1
add interface eth1 up false
add neighbour 7f01 address fe80::2 if mesh0 reach ffff ureach 0000 rxcost 96 txcost 128 \
rtt 1.250 rttcost 0 cost 128
add neighbour 7f02 address fe80::3 if mesh0 reach 0000 ureach 0000 rxcost 65535 txcost 96 cost 65535
add xroute 10.3.0.1/32-::/0 prefix 10.3.0.1/32 from ::/0 metric 0
add route 55 prefix 10.3.0.2/32 from ::/0 installed yes id 02:00:00:ff:fe:00:00:02 metric 128 \
refmetric 0 via fe80::2 if mesh0
ok
"""

FREIFUNK = """{"version": 2, "timestamp": "2026-03-01T12:00:00", "nodes": [
 {"nodeinfo": {"node_id": "020000000001", "hostname": "hill",
   "network": {"mac": "02:00:00:00:00:01", "addresses": ["fd00::1"],
     "mesh": {"bat0": {"interfaces": {"wireless": ["02:00:00:00:01:01"]}}}}},
  "flags": {"online": true, "gateway": false}, "firstseen": "2026-01-01T00:00:00",
  "lastseen": "2026-03-01T11:59:00", "statistics": {"clients": 3, "uptime": 9.5, "gateway": "x"}},
 {"nodeinfo": {"node_id": "020000000002", "hostname": "mill"},
  "flags": {"online": false, "gateway": true}}]}
{"version": 1, "batadv": {"directed": false, "graph": [],
 "nodes": [{"id": "02:00:00:00:00:01", "node_id": "020000000001"},
           {"id": "02:00:00:00:00:02", "node_id": "020000000002"}, {"id": "02:00:00:00:00:09"}],
 "links": [{"source": 0, "target": 1, "tq": 1.25, "vpn": false, "bidirect": true},
           {"source": 2, "target": 0, "tq": 2.5, "vpn": true, "bidirect": false}]}}"""

MESHVIEWER = """{"timestamp": "2026-03-01T12:00:00+0000", "nodes": [
 {"node_id": "020000000001", "hostname": "hill", "mac": "02:00:00:00:00:01", "is_online": true,
  "addresses": ["fd00::1"], "is_gateway": false, "clients": 3, "location": {"latitude": 1.5}},
 {"node_id": "020000000002", "hostname": "mill", "mac": "02:00:00:00:00:02", "is_online": false}],
 "links": [{"type": "wifi", "source": "020000000001", "target": "020000000002",
            "source_tq": 0.8, "target_tq": 0.5, "source_addr": "02:00:00:00:00:01"},
           {"type": "vpn", "source": "020000000001", "target": "020000000003",
            "source_tq": 1, "target_tq": 0}]}"""

LLDP = """{"local-chassis": {"chassis": {"hill": {
  "id": {"type": "mac", "value": "02:00:00:00:00:01"}, "descr": "OpenWrt 23.05.3",
  "mgmt-ip": ["192.168.1.1", "fe80::1"],
  "capability": [{"type": "Bridge", "enabled": true}, {"type": "Wlan", "enabled": false}]}}}}
{"lldp": {"interface": [
 {"lan1": {"via": "LLDP", "rid": "1", "age": "0 day, 00:01:00", "chassis": {"sw-1": {
    "id": {"type": "mac", "value": "02:AA:00:00:00:01"}, "mgmt-ip": "192.168.1.2"}},
   "port": {"id": {"type": "ifname", "value": "gi1"}, "descr": "Port 1", "ttl": "120"}}},
 {"lan2": {"via": "CDPv2", "chassis": {"id": {"type": "local", "value": "phone-7"}}}}]}}"""

LLDP_0 = """{"local-chassis": [{"chassis": [{
  "id": [{"type": "mac", "value": "02:00:00:00:00:01"}], "name": [{"value": "hill"}],
  "descr": [{"value": "OpenWrt 23.05.3"}],
  "mgmt-ip": [{"value": "192.168.1.1"}, {"value": "fe80::1"}],
  "capability": [{"type": "Bridge", "enabled": true}, {"type": "Wlan", "enabled": false}]}]}]}
{"lldp": [{"interface": [
 {"name": "lan1", "via": "LLDP", "rid": "1", "age": "0 day, 00:01:00", "chassis": [{
    "id": [{"type": "mac", "value": "02:aa:00:00:00:01"}], "name": [{"value": "sw-1"}],
    "mgmt-ip": [{"value": "192.168.1.2"}]}],
   "port": [{"id": [{"type": "ifname", "value": "gi1"}], "descr": [{"value": "Port 1"}]}]},
 {"name": "lan2", "via": "CDPv2",
   "chassis": [{"id": [{"type": "local", "value": "phone-7"}]}]}]}]}"""

SAMPLES: dict[str, tuple[str, ...]] = {
    "babel": (BABEL,),
    "batman": (BATMAN, VIS_TEXT),
    "bmx6": (BMX6,),
    "cnml": (CNML,),
    "freifunk": (FREIFUNK,),
    "lldp": (LLDP, LLDP_0),
    "meshviewer": (MESHVIEWER,),
    "netjson": (NETJSON,),
    "olsr": (OLSR, TXTINFO),
    "openvpn": (OPENVPN, OPENVPN_2),
    "wireguard": (WIREGUARD,),
    "zerotier": (ZEROTIER,),
}
