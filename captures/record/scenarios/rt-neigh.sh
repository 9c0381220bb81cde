# what: neighbours, proxies, neighbour tables, the forwarding database and multicast groups of a bridge
ip monitor neigh &
bridge monitor fdb &
bridge monitor mdb &
ip link add d0 type dummy
ip link set d0 up
ip addr add 192.0.2.1/24 dev d0
ip -6 addr add 2001:db8::1/64 dev d0 nodad
ip neigh add 192.0.2.9 lladdr 02:00:5e:10:00:09 dev d0
ip neigh add 192.0.2.10 lladdr 02:00:5e:10:00:0a nud stale dev d0
ip neigh add 2001:db8::9 lladdr 02:00:5e:10:00:0b router extern_learn dev d0
ip neigh add proxy 192.0.2.77 dev d0
ip neigh replace 192.0.2.9 lladdr 02:00:5e:10:00:0c dev d0
ip -s neigh show
ip neigh show proxy
ip neigh get 192.0.2.9 dev d0
ip ntable show
ip ntable change name arp_cache dev d0 queue 7
ip link add br0 type bridge vlan_filtering 1 mcast_snooping 1 mcast_querier 1
ip link set br0 up
ip link add d1 type dummy
ip link set d1 master br0 up
ip link add vx0 type vxlan id 42 dstport 4789 local 192.0.2.1 nolearning
ip link set vx0 master br0 up
tee /dev/stderr <<'BATCH' | bridge -b -
fdb add 02:00:5e:10:00:20 dev d1 master static vlan 1
fdb add 02:00:5e:10:00:21 dev vx0 self dst 192.0.2.2 vni 42
fdb append 00:00:00:00:00:00 dev vx0 self dst 192.0.2.3
mdb add dev br0 port d1 grp 233.252.0.1 permanent
mdb add dev br0 port d1 grp ff0e::1 src 2001:db8::5 permanent
BATCH
bridge fdb show
bridge fdb show br br0
bridge -d -s fdb show dev vx0
bridge fdb get 02:00:5e:10:00:20 br br0 vlan 1
bridge -d mdb show
bridge vlan show
bridge fdb add 02:00:5e:10:00:20 dev d1 master static vlan 1
ip neigh add 192.0.2.9 lladdr 02:00:5e:10:00:09 dev d0
ip neigh del 192.0.2.99 dev d0
ping -c 1 -W 1 192.0.2.200
ip neigh flush dev d0
bridge mdb del dev br0 port d1 grp 233.252.0.1 permanent
bridge fdb del 02:00:5e:10:00:20 dev d1 master vlan 1
ip link del br0
kill %1 %2 %3
