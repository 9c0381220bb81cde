# what: families of tunnels and rings: gtp with its packet contexts, ila, HSR with a node that goes silent
modprobe -a gtp ila hsr
ip link add d0 type dummy
ip link set d0 up
ip addr add 192.0.2.1/24 dev d0
ip -6 addr add 2001:db8::1/64 dev d0 nodad
say hear gtp gtp 6 &
sleep 1
python3 /lab/bin/gtp_link.py gtp0
ip link set gtp0 up
index=$(cat /sys/class/net/gtp0/ifindex)
say gtp 0 1:u32=$index 2:u32=1 4:be32=0xc0000202 5:be32=0x0a000001 8:u32=100 9:u32=200
say gtp 0 1:u32=$index 2:u32=0 4:be32=0xc0000203 5:be32=0x0a000002 3:u64=77 6:u16=9
say gtp 0 1:u32=$index 2:u32=1 4:be32=0xc0000202 5:be32=0x0a000001 8:u32=100 9:u32=200
say gtp 2+dump
say gtp 2 1:u32=$index 2:u32=1 5:be32=0x0a000001
say gtp 3 1:u32=$index 2:u32=1 4:be32=0xc0000202 5:be32=0xc0000201
say gtp 1 1:u32=$index 2:u32=1 8:u32=100
say gtp 1 1:u32=$index 2:u32=1 8:u32=100
wait
ip ila add loc_match 2001:db8:0:1 loc 2001:db8:0:2 csum-mode neutral-map dev d0 ident-type luid
ip ila add loc_match 2001:db8:0:3 loc 2001:db8:0:4 csum-mode adj-transport
ip ila list
say ila 3 3:u64=0x0100000000b80d20
ip ila del loc_match 2001:db8:0:3
say ila 4
for n in 1 2; do ip link add a$n type veth peer name b$n; ip link set a$n up; ip link set b$n up; done
ip netns add far
ip link set b1 netns far
ip link set b2 netns far
ip link add hsr0 type hsr slave1 a1 slave2 a2 supervision 45 version 1
ip -n far link set b1 up
ip -n far link set b2 up
ip -n far link add hsr0 type hsr slave1 b1 slave2 b2 supervision 45 version 1
ip link set hsr0 up
ip -n far link set hsr0 up
say hear HSR hsr-network 20 &
sleep 6
index=$(cat /sys/class/net/hsr0/ifindex)
far=$(ip netns exec far cat /sys/class/net/b1/address | tr -d :)
say HSR 5 2:u32=$index
say HSR 3 2:u32=$index 1:hex=$far
say HSR 3 2:u32=$index 1:hex=020000000099
say HSR 5 2:u32=1
ip -n far link set b2 down
sleep 5
ip netns del far
wait
