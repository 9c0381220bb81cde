# what: tunnel links of many kinds made and listed with ip, and the kinds that its spec knows with ynl
modprobe fou
ip link add d0 type dummy
ip link set d0 up
ip addr add 192.0.2.1/24 dev d0
ip -6 addr add 2001:db8::1/64 dev d0 nodad
ip link add gre1 type gre local 192.0.2.1 remote 192.0.2.77 ttl 64 key 7
ip link add gretap1 type gretap local 192.0.2.1 remote 192.0.2.78 encap fou encap-sport auto encap-dport 5555
ip link add gnv type geneve id 44 remote 192.0.2.3
ip link add ipip1 type ipip local 192.0.2.1 remote 192.0.2.79
ip link add sit1 type sit local 192.0.2.1 remote 192.0.2.80
ip link add vti1 type vti local 192.0.2.1 remote 192.0.2.81 key 9
ynl --spec rt_link --do getlink --json '{"ifname": "gre1"}'
ynl --spec rt_link --do getlink --json '{"ifname": "gretap1"}'
ynl --spec rt_link --do getlink --json '{"ifname": "gnv"}'
ynl --spec rt_link --do getlink --json '{"ifname": "ipip1"}'
ynl --spec rt_link --do getlink --json '{"ifname": "sit1"}'
ip link add vx4 type vxlan id 42 dstport 4789 local 192.0.2.1 remote 192.0.2.2 nolearning
ip link add vx6 type vxlan id 43 group ff05::100 dev d0 dstport 8472
ip link add gre6 type ip6gre local 2001:db8::1 remote 2001:db8::2
ip link add er1 type erspan local 192.0.2.1 remote 192.0.2.82 seq key 30 erspan_ver 1 erspan 123
ip link add ip6t type ip6tnl local 2001:db8::1 remote 2001:db8::3
ip link add vti6 type vti6 local 2001:db8::1 remote 2001:db8::4 key 10
ip link add xf0 type xfrm dev d0 if_id 8
ip link add wg0 type wireguard
ip link add gtp0 type gtp role sgsn
ip -d link show
ip tunnel show
ip -6 tunnel show
ip link add bad type vxlan id 42 dstport 4789
ip link add bad type gre local 192.0.2.1 remote 192.0.2.77 key 7
ip link set vx4 type vxlan id 77
ip link set gnv type geneve ttl 9
ip link del vx4
