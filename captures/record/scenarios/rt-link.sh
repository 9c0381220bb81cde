# what: links of many kinds made, changed, listed and deleted with ip and ynl, ip monitor beside
ip monitor link &
ip link add d0 type dummy
ip link set d0 up mtu 1400 alias "first dummy" txqueuelen 500
ip addr add 192.0.2.1/24 dev d0
ip link property add dev d0 altname a-much-longer-name-for-d0
ip link add br0 type bridge vlan_filtering 1 stp_state 1 mcast_snooping 1
ip link set d0 master br0
bridge vlan add vid 100-102 dev d0 pvid untagged
bridge link set dev d0 guard on learning off
ip link add link d0 name d0.5 type vlan id 5 ingress-qos-map 1:2 egress-qos-map 3:4
ip link add link d0 name qinq type vlan proto 802.1ad id 7
ip link add v0 type veth peer name v1
ip link add bond0 type bond mode 802.3ad miimon 100 lacp_rate fast
ip link add d1 type dummy
ip link set d1 master bond0
ip link add vx4 type vxlan id 42 dstport 4789 local 192.0.2.1 remote 192.0.2.2 nolearning
ip link add vx6 type vxlan id 43 group ff05::100 dev d0 dstport 8472
ip link add gnv type geneve id 44 remote 192.0.2.3
ip link add gre1 type gre local 192.0.2.1 remote 192.0.2.77 ttl 64 key 7
ip link add gretap1 type gretap local 192.0.2.1 remote 192.0.2.78
ip link add gre6 type ip6gre local 2001:db8::1 remote 2001:db8::2
ip link add ipip1 type ipip local 192.0.2.1 remote 192.0.2.79
ip link add sit1 type sit local 192.0.2.1 remote 192.0.2.80
ip link add vti1 type vti local 192.0.2.1 remote 192.0.2.81 key 9
ip link add ip6t type ip6tnl local 2001:db8::1 remote 2001:db8::3
ip link add vrf0 type vrf table 55
ip link add mv0 link d0 type macvlan mode bridge
ip link add iv0 link d1 type ipvlan mode l3s
ip link add ifb0 type ifb
ip link add wg0 type wireguard
ip link add nk0 type netkit mode l3
ip link add hsr0 type hsr slave1 v0 slave2 v1
ip link add xf0 type xfrm if_id 8
ip link add link d0 ms0 type macsec encrypt on
ip link add bareudp0 type bareudp dstport 6635 ethertype mpls_uc
ip link add amt0 type amt discovery 192.0.2.1 local 192.0.2.1 dev d0 mode gateway
ip tuntap add dev tap0 mode tap multi_queue
ip tuntap add dev tun0 mode tun user 1000
ip -d -s link show
ip -s -s link show dev d0
ip link show type vlan
ip -d link show master br0
ip link show dev a-much-longer-name-for-d0
bridge -d link show
bridge -d vlan show
ip stats show dev d0
ip stats show dev br0 group xstats
ip netconf
ip link add d0 type dummy
ip link del nosuch
ip link set d0 mtu 7
ip link add bad type vxlan id 99999999
ip link add worse type nosuchkind
ynl --spec rt_link --dump getlink --json '{"ext-mask": 9}'
ynl --spec rt_link --do getlink --json '{"ifname": "br0"}'
ynl --spec rt_link --do getlink --json '{"ifname": "bond0"}'
ynl --spec rt_link --do getlink --json '{"ifname": "d0.5"}'
ynl --spec rt_link --do getlink --json '{"ifname": "gre1"}'
ynl --spec rt_link --do getlink --json '{"ifname": "vrf0"}'
ynl --spec rt_link --do getlink --json '{"ifname": "tap0"}'
ynl --spec rt_link --do getlink --json '{"ifname": "nk0"}'
ynl --spec rt_link --do getlink --json '{"ifname": "nosuch"}'
ynl --spec rt_link --do newlink --create --json '{"ifname": "made0", "linkinfo": {"kind": "dummy"}}'
ynl --spec rt_link --dump getstats --json '{"filter-mask": 1}'
ip link del bond0
ip link del br0
ip link del d0
kill %1
