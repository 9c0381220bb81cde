# what: link kinds that rt-link and rt-tunnel leave out: amt, bareudp, can, erspan, netkit, wwan, rmnet, tun, ppp ...
modprobe -a amt bareudp can can_dev vcan vxcan can_gw ip6_gre ipvlan macvtap ipvtap netdevsim vsockmon wwan_hwsim ieee802154_6lowpan mac802154_hwsim virt_wifi rmnet pfcp nlmon ifb 2>/dev/null
ip monitor link >/dev/null &
sleep 1
ip link add d0 type dummy
ip link set d0 up
ip addr add 192.0.2.1/24 dev d0
ip -6 addr add 2001:db8::1/64 dev d0 nodad
ip link add amt0 type amt mode gateway local 192.0.2.1 discovery 192.0.2.2 gateway_port 2268 relay_port 2268 dev d0
ip link add amt1 type amt mode relay local 192.0.2.1 relay_port 2268 dev d0 max_tunnels 10
ip link add bareudp0 type bareudp dstport 6635 ethertype mpls_uc srcportmin 40000 multiproto
ip link add vcan0 type vcan
ip link set vcan0 mtu 72
ip link add vxcan0 type vxcan peer name vxcan1
ip link add erspan6 type ip6erspan local 2001:db8::1 remote 2001:db8::2 seq key 7 erspan_ver 2 erspan_dir ingress erspan_hwid 0x4
ip link add gretap6 type ip6gretap local 2001:db8::1 remote 2001:db8::2 key 9 encaplimit 3 tclass 0x10 flowlabel 0x123
ip link add link d0 name ipvtap0 type ipvtap mode l2 bridge
ip link add link d8 name macvtap0 type macvtap mode private
python3 - <<'P'
import sys
sys.path.insert(0, "/lab/bin")
from rtnl import NEWLINK, Rtnl, attr, nest, text, u32
with Rtnl() as rtnl:
    peer = attr(1, bytes(16) + text(3, "netkit1"))
    data = nest(2, peer, u32(3, 0), u32(2, 0), u32(4, 1))
    body = bytes(16) + text(3, "netkit0") + nest(18, text(1, "netkit"), data)
    print("netkit", rtnl.ask(NEWLINK, body, 0x605))
P
modprobe ppp_generic
busybox mknod /dev/ppp c 108 0
ip link add d8 type dummy
ip link add vsockmon0 type vsockmon
ip link add lowpan0 link wpan0 type lowpan
ip link add ifb0 type ifb
ip link add nlmon1 type nlmon
ip link add link d0 name rmnet0 type rmnet mux_id 3
ip link add link d0 name wlan9 type virt_wifi
echo "1 1" >/sys/bus/netdevsim/new_device
echo 4 >/sys/bus/netdevsim/devices/netdevsim1/sriov_numvfs
ip link add wwan0 parentdev wwan0 type wwan linkid 1
ip tuntap add dev tap0 mode tap user 1000 group 1000 multi_queue
ip tuntap add dev tun0 mode tun
python3 - <<'P'
import fcntl
import struct
import sys
sys.path.insert(0, "/lab/bin")
from rtnl import NEWLINK, Rtnl, attr, text, u32
with Rtnl() as rtnl, open("/dev/ppp", "r+b", buffering=0) as ppp:
    data = attr(1, struct.pack("i", ppp.fileno()))
    body = bytes(16) + text(3, "ppp7") + attr(18, text(1, "ppp") + attr(2, data))
    print("a ppp link", rtnl.ask(NEWLINK, body, 0x605))
    print("links", rtnl.dump(18, bytes(16) + u32(29, 1)))
P
for link in $(ls /sys/class/net); do ip -d -s link show dev "$link"; done
ip link set eni1np1 vf 0 mac 02:00:5e:10:00:07 vlan 5 qos 2 spoofchk on trust on max_tx_rate 100 state enable
ip link show dev eni1np1
ip link property add dev d0 altname greenhouse altname "a rather long alternative name"
ip link show dev greenhouse
ip link property del dev d0 altname greenhouse
ip link set d0 group 7 alias "the first" txqueuelen 500 allmulticast on promisc on
ip link set d0 protodown on protodown_reason 3 on
ip link show d0
for link in amt0 amt1 bareudp0 vcan0 vxcan0 erspan6 gretap6 ipvtap0 macvtap0 netkit0 vsockmon0 lowpan0 rmnet0 tap0; do ip link del $link; done
kill %1
