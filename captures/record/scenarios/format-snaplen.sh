# what: records cut at 96 bytes
# with: tcpdump -i nlmon0 -s 96
ip link show
ip addr add 192.0.2.1/24 dev lo
ip addr add 192.0.2.1/24 dev lo
ip route show table all
genl ctrl list
