# what: addresses, routes (multipath, nexthop objects, encap), rules and their errors, ip monitor beside
ip monitor &
sysctl -q net.ipv6.conf.all.forwarding=1
sysctl -q net.ipv6.conf.default.accept_ra=2
modprobe -a mpls_router mpls_iptunnel veth
sysctl -q net.mpls.platform_labels=100
ip link add d0 type veth peer name d1
ip link set d0 up
ip link set d1 up
ip link add vrf0 type vrf table 55
ip addr add 192.0.2.1/24 brd + dev d0 label d0:one
ip addr add 192.0.2.17/32 peer 192.0.2.18 dev d0 valid_lft 600 preferred_lft 300
ip -6 addr add 2001:db8::1/64 dev d0 nodad
ip -6 addr add 2001:db8:1::1/64 dev d0 valid_lft 1000 preferred_lft 500 noprefixroute
ip route add 198.51.100.0/25 via 192.0.2.254 metric 50 mtu 1300 advmss 1200 initcwnd 20 proto static
ip route add 203.0.113.0/24 nexthop via 192.0.2.2 weight 1 nexthop via 192.0.2.3 dev d0 weight 20
ip route add 198.51.100.128/25 encap mpls 16/17/18 via 192.0.2.4
ip -f mpls route add 40 as 41/42 via inet 192.0.2.5
ip route add 203.0.113.64/26 encap ip id 7 dst 192.0.2.6 ttl 64 dev d0
ip route add blackhole 198.51.100.66
ip route add unreachable 198.51.100.67
ip route add 198.51.100.68 via inet6 2001:db8::9 dev d0
ip route add table 55 default via 192.0.2.7
ip -6 route add 2001:db8:2::/64 via 2001:db8::2 pref high
ip -6 route add 2001:db8:3::/64 nexthop via 2001:db8::3 nexthop via 2001:db8::4
ip -6 route add 2001:db8:4::/64 encap seg6 mode encap segs 2001:db8::a,2001:db8::b dev d0
ip -6 route add 2001:db8:5::/64 encap seg6local action End.DT6 table 55 dev d0
ip nexthop add id 1 via 192.0.2.8 dev d0
ip nexthop add id 2 via 192.0.2.9 dev d0
ip nexthop add id 3 via 2001:db8::8 dev d0
ip nexthop add id 10 group 1,10/2,20
ip nexthop add id 11 group 1/2 type resilient buckets 8 idle_timer 60
ip nexthop add id 12 blackhole
ip route add 203.0.113.128/25 nhid 10
ip rule add from 192.0.2.0/24 table 100 priority 500
ip rule add fwmark 0x10/0xf0 iif d0 ipproto tcp dport 80-90 lookup 55
ip rule add uidrange 1000-1999 to 198.51.100.0/24 prohibit
ip -6 rule add from 2001:db8::/32 suppress_prefixlength 0 lookup main
ip token set ::17 dev d0
ip addrlabel add prefix 2001:db8:7::/48 label 66
ip addr show
ip -6 addr show dev d0
ip route show table all
ip -6 route show table all
ip -f mpls route show
ip -d nexthop show
ip nexthop bucket show
ip rule show
ip -6 rule show
ip route get 203.0.113.7
ip -6 route get 2001:db8:4::1
ip route get fibmatch 203.0.113.200
ip addrlabel show
ip maddr show
ip mroute show
ip token show
ip route add 198.51.100.0/25 via 192.0.2.254 metric 50
ip route add 10.0.0.0/8 via 203.0.113.1 dev nosuch
ip route add 198.51.100.200 via 233.252.0.1
ip addr add 192.0.2.1/24 dev d0
ip addr del 192.0.2.99/24 dev d0
ip nexthop del id 99
ynl --spec rt_addr --dump getaddr
ynl --spec rt_addr --dump getaddr --json '{"ifa-family": 10}'
ynl --spec rt_route --dump getroute --json '{"rtm-family": 2}'
ynl --spec rt_route --dump getroute --json '{"rtm-family": 10}'
ynl --spec rt_route --do getroute --json '{"rtm-family": 2, "rtm-dst-len": 32, "rta-dst": "cb007107"}'
ip route del 203.0.113.128/25
ip nexthop flush
ip route flush table 55
ip rule del priority 500
ip addr flush dev d0
ip link del d0
kill %1
