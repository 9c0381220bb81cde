# what: links of many kinds made, changed, listed and deleted with ip, bridge and ynl, ip monitor beside
modprobe -a tun dummy
modprobe bonding max_bonds=0
ip monitor link &
ip link add d0 type dummy
ip link set d0 up mtu 1400 alias "first dummy" txqueuelen 500
ip link property add dev d0 altname a-much-longer-name-for-d0
ip link add br0 type bridge vlan_filtering 1 stp_state 1 mcast_snooping 1
ip link set d0 master br0
bridge vlan add vid 100-102 dev d0 untagged
bridge link set dev d0 guard on learning off
ip link add link br0 name br0.5 type vlan id 5 ingress-qos-map 1:2 egress-qos-map 3:4
ip link add v0 type veth peer name v1
ip link add bond0 type bond mode 802.3ad miimon 100 lacp_rate fast
ip link add vrf0 type vrf table 55
ip tuntap add dev tap0 mode tap multi_queue
ip tuntap add dev tun0 mode tun user 1000
kill %1
ynl --spec rt_link --dump getlink --json '{"ext-mask": 9}'
ynl --spec rt_link --do getlink --json '{"ifname": "br0"}'
ynl --spec rt_link --do getlink --json '{"ifname": "nosuch"}'
ynl --spec rt_link --do newlink --create --json '{"ifname": "made0", "linkinfo": {"kind": "dummy"}}'
ynl --spec rt_link --dump getstats --json '{"filter-mask": 1}'
ip link add kit0 type netkit
ip link del kit0
ip link del tun0
ip link add d1 type dummy
ip link set d1 master bond0
ip link add link v0 name qinq type vlan proto 802.1ad id 7
ip link add mv0 link v0 type macvlan mode bridge
ip link add link v0 mt0 type macvtap mode private
ip link add iv0 link v1 type ipvlan mode l3s
ip link add ifb7 numtxqueues 2 type ifb
ip link add d2 type dummy
ip link add d3 type dummy
ip link add d4 type dummy
ip link add hsr0 type hsr slave1 d2 slave2 d3 supervision 45 version 1
ip link add link d4 ms0 type macsec encrypt on
ip -d -s link show
ip -s -s link show dev d0
ip -d link show type bond
ip link show dev a-much-longer-name-for-d0
bridge -d link show
bridge -d vlan show
ip stats show dev d0
ip stats show dev br0 group xstats
ip netconf show dev d0
ip link add d0 type dummy
ip link del nosuch
ip link set v0 mtu 7
ip link add worse type nosuchkind
ip link set v0 master vrf0
ip link set v0 nomaster
ip link set v0 netns 99999
ip link del bond0
ip link del br0
