# what: the rest of rtnetlink: statistics, namespaces, advertised prefixes and options, multicast routing, lightweight tunnels, buckets, dcb, vni filters
# file: rt-misc.pcap.gz
modprobe -a dummy netdevsim mpls_iptunnel mpls_router ila vxlan bonding 2>/dev/null
sysctl -q net.mpls.platform_labels=1000 net.ipv6.conf.all.forwarding=0 net.ipv6.conf.default.accept_ra=2
ip monitor all-nsid >/dev/null 2>&1 &
ip monitor all >/dev/null &
bridge monitor all >/dev/null 2>&1 &
sleep 1
ip link add d0 type dummy
ip link set d0 up
ip addr add 192.0.2.1/24 dev d0
ip -6 addr add 2001:db8::1/64 dev d0 nodad
echo "1 1" >/sys/bus/netdevsim/new_device
ip stats show dev d0
ip stats set dev eni1np1 l3_stats on
ip stats show group link
ip stats show dev eni1np1 group offload subgroup l3_stats
ip stats show group xstats
ip stats set dev eni1np1 l3_stats off
ip netns add far
ip netns add farther
ip netns set far 7
ip netns set farther auto
ip netns list-id
ip -n far netns list-id
ip link add v0 type veth peer name v1 netns far
ip link set v0 up
ip -n far link set v1 up
ip -n far addr add fe80::99/64 dev v1 nodad
sysctl -q net.ipv6.conf.v0.accept_ra=2
sleep 2
ip netns exec far python3 /lab/bin/advertise.py v1
sleep 1
ip -6 route show dev v0
sysctl -q net.ipv4.conf.v0.forwarding=1 net.ipv6.conf.v0.forwarding=1 net.ipv4.conf.v0.rp_filter=2 net.ipv4.conf.v0.mc_forwarding=0
ip netconf show dev v0
ip addrlabel add prefix 2001:db8:7::/48 label 99
ip addrlabel del prefix 2001:db8:7::/48 label 99
ip ntable show
ip ntable change name arp_cache thresh1 100
python3 /lab/bin/mroute.py d0 v0
ip mroute show
ip -6 mroute show
python3 - <<'P'
import sys
sys.path.insert(0, "/lab/bin")
from rtnl import Rtnl
with Rtnl() as rtnl:
    for family in (2, 10):
        for kind in (58, 62):
            print("addresses", rtnl.dump(kind, bytes([family, 0, 0, 0, 0, 0, 0, 0])))
P
ip route add 198.51.100.0/24 encap mpls 100/200 via 192.0.2.2
ip route add 198.51.101.0/24 encap ip id 7 dst 203.0.113.1 src 192.0.2.1 ttl 9 dev d0
ip route add 198.51.102.0/24 encap ip id 8 dst 203.0.113.1 geneve_opts 0:1:0102 dev d0
ip route add 198.51.103.0/24 encap ip id 9 dst 203.0.113.1 vxlan_opts 456 dev d0
ip route add 198.51.104.0/24 encap ip id 9 dst 203.0.113.1 erspan_opts 2:0:1:4 dev d0
ip route add 2001:db8:a::/48 encap ip6 id 7 dst 2001:db8:f::1 src 2001:db8::1 hoplimit 9 dev d0
ip route add 2001:db8:b::/64 encap ila 2001:db8:0:9 csum-mode neutral-map ident-type luid via 2001:db8::2
ip route add 2001:db8:c::/48 encap rpl segs fd00::1,fd00::2 dev d0
ip route add 2001:db8:d::/48 encap ioam6 trace prealloc type 0x800000 ns 1 size 12 dev d0
ip route add 2001:db8:e::/48 encap ioam6 mode encap tundst 2001:db8:f::2 trace prealloc type 0x800000 ns 1 size 12 dev d0
ip link add xfrm0 type xfrm dev d0 if_id 9
ip route add 2001:db8:10::/48 encap xfrm if_id 9 link_dev d0 dev xfrm0
ip route add 2001:db8:11::/48 encap seg6 mode inline segs fd00::1,fd00::2 dev d0
ip route add 2001:db8:12::/48 encap seg6 mode encap.red segs fd00::1 dev d0
ip route add 2001:db8:13::/64 encap seg6local action End.X nh6 2001:db8::2 dev d0
ip route add 2001:db8:14::/64 encap seg6local action End.DT4 vrftable 100 dev d0
ip route add 2001:db8:15::/64 encap seg6local action End.B6.Encaps srh segs fd00::5 dev d0
ip route add 2001:db8:16::/64 encap seg6local action End flavors psp,usp count dev d0
ip route add 2001:db8:17::/64 encap seg6local action End.DX4 nh4 192.0.2.9 dev d0
ip -f mpls route add 300 as 400 via inet 192.0.2.2 dev d0
ip -f mpls route add 301 dev lo
ip route show
ip -6 route show
ip -f mpls route show
ip nexthop add id 1 via 192.0.2.2 dev d0
ip nexthop add id 2 via 192.0.2.3 dev d0
ip nexthop add id 10 group 1,3/2,5 type resilient buckets 4 idle_timer 60 unbalanced_timer 300
ip nexthop bucket show
ip nexthop bucket get id 10 index 1
ip nexthop replace id 10 group 2,9 type resilient
sleep 1
ip nexthop del id 2
ip link add br0 type bridge vlan_filtering 1
ip link add vx0 type vxlan dstport 4789 external vnifilter
ip link set vx0 master br0
ip link set dev vx0 type bridge_slave vlan_tunnel on
bridge vni add dev vx0 vni 400-402
bridge vni add dev vx0 vni 500 group 239.1.1.1
bridge vni show
bridge -s vni show dev vx0
bridge vni delete dev vx0 vni 400
bridge vlan add dev vx0 vid 20-22
bridge vlan add dev vx0 vid 30
bridge vlan add dev vx0 vid 30 tunnel_info id 500
bridge vlan tunnelshow
bridge vlan global set dev br0 vid 1 mcast_snooping 1
bridge vlan set vid 20 dev vx0 state blocking
bridge -d -s vlan show
bridge vlan global show
bridge vlan del dev vx0 vid 20
dcb ets show dev eni1np1
dcb app show dev eni1np1
dcb app add dev eni1np1 dscp-prio 10:3
dcb pfc show dev eni1np1
dcb buffer show dev eni1np1
dcb maxrate show dev eni1np1
dcb dcbx show dev eni1np1
python3 - <<'P'
import sys
sys.path.insert(0, "/lab/bin")
from rtnl import Rtnl, text, u8
with Rtnl() as rtnl:
    for command in range(1, 28):
        print("dcb", command, rtnl.ask(78, bytes([0, command, 0, 0]) + text(1, "eni1np1") + u8(2, 0), 5))
P
ip token set ::77 dev v0
ip token list
ip tcp_metrics show
ip netns del far
sleep 1
kill %1 %2 %3
