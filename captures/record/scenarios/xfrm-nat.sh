# what: a peer behind a NAT whose port changes, states across two namespaces with traffic, ip xfrm monitor beside
modprobe -a xfrm_user esp4 xfrm_algo 2>/dev/null
ip netns add far
ip link add v0 type veth peer name v1 netns far
ip addr add 192.0.2.1/24 dev v0
ip link set v0 up
ip -n far addr add 192.0.2.2/24 dev v1
ip -n far link set v1 up
ip xfrm monitor all >/dev/null &
sleep 1
key=0x000102030405060708090a0b0c0d0e0f00112233
mode="spi 0x300 reqid 5 mode transport aead rfc4106(gcm(aes)) $key 128"
ip xfrm state add src 192.0.2.2 dst 192.0.2.1 proto esp $mode encap espinudp 4500 4500 0.0.0.0
ip -n far xfrm state add src 192.0.2.2 dst 192.0.2.1 proto esp $mode encap espinudp 4501 4500 0.0.0.0
ip -n far xfrm policy add src 192.0.2.2/32 dst 192.0.2.1/32 dir out tmpl src 192.0.2.2 dst 192.0.2.1 proto esp reqid 5 mode transport
python3 - <<'P'
import socket
import subprocess
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taker:
    taker.setsockopt(socket.IPPROTO_UDP, 100, 2)
    taker.bind(("192.0.2.1", 4500))
    subprocess.run(["ip", "netns", "exec", "far", "ping", "-c", "2", "-W", "1", "192.0.2.1"])
P
ip -s xfrm state
ip -n far -s xfrm state
ip xfrm state flush
kill %1
ip netns del far
