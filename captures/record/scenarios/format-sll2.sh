# what: all interfaces in one file (SLL2): netlink next to ARP and ICMP of a veth pair
# with: tcpdump -i any -s 0
ip netns add n1
ip link add v0 type veth peer name eth0 netns n1
ip addr add 192.0.2.1/24 dev v0
ip link set v0 up
ip -n n1 addr add 192.0.2.2/24 dev eth0
ip -n n1 link set eth0 up
ping -c 3 -i 0.2 192.0.2.2
ip neigh show
ip route show
ethtool v0
