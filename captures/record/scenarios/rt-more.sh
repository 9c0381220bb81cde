# what: links with programs, virtual functions and statistics counted by hardware; tun, can and netkit links; encapsulations by bpf and srv6; mpls and phonet
# file: rt-more.pcap.gz
modprobe -a dummy netdevsim mpls_iptunnel mpls_router tun slcan can_dev phonet vrf 2>/dev/null
ip monitor all >/dev/null &
sleep 1
ip link add d0 type dummy
ip link set d0 up
ip addr add 192.0.2.1/24 dev d0
ip -6 addr add 2001:db8::1/64 dev d0 nodad
echo "1 1" >/sys/bus/netdevsim/new_device
sleep 1
sim=$(ls /sys/bus/netdevsim/devices/netdevsim1/net | head -1)
echo 2 >/sys/bus/netdevsim/devices/netdevsim1/sriov_numvfs
ip link set "$sim" vf 0 mac 02:00:5e:10:00:07
ip link set "$sim" vf 0 vlan 5 qos 2
ip link set "$sim" vf 0 vlan 6 proto 802.1ad
ip link set "$sim" vf 1 spoofchk on
ip link set "$sim" vf 1 trust on
ip link set "$sim" vf 1 query_rss on
ip link set "$sim" vf 1 state enable
ip link set "$sim" vf 1 min_tx_rate 10 max_tx_rate 100
ip link set "$sim" vf 7 trust on
ip -s link show dev "$sim"
cat /sys/class/net/d0/ifindex >/sys/kernel/debug/netdevsim/netdevsim1/hwstats/l3/enable_ifindex
ip stats set dev d0 l3_stats on
sleep 3
ip stats show dev d0 group offload
ip stats show dev d0 group offload subgroup hw_stats_info
ip stats set dev d0 l3_stats off
ip link add br0 type bridge mcast_stats_enabled 1 vlan_filtering 1 vlan_stats_enabled 1
ip link add v0 type veth peer name v1
ip link set v0 master br0
ip link set v0 up
ip link set v1 up
ip link set br0 up
sleep 1
ip stats show dev br0 group xstats subgroup bridge
ip stats show dev v0 group xstats_slave subgroup bridge
python3 /lab/bin/programs.py v1
ip link property add dev d0 altname greenhouse altname a-rather-long-name-for-such-a-link
ip link show dev greenhouse
ip link property del dev d0 altname greenhouse
mkdir -p /dev/net /dev/pts
mountpoint -q /dev/pts || busybox mount -t devpts devpts /dev/pts
[ -e /dev/net/tun ] || busybox mknod /dev/net/tun c 10 200
ip tuntap add dev tap0 mode tap user 1000 group 1000 multi_queue
ip tuntap add dev tun0 mode tun
ip -d link show type tun
ip tuntap del dev tun0 mode tun
python3 - <<'P'
import fcntl
import os
import struct
import subprocess
import sys
import termios
import time
sys.path.insert(0, "/lab/bin")
from rtnl import NEWLINK, Rtnl, attr, nest, text, u32
def show(link):
    subprocess.run(["ip", "-d", "-s", "link", "show", "dev", link])
with Rtnl() as rtnl:
    data = nest(2, attr(1, bytes(16) + text(3, "netkit1")), u32(3, 0), u32(4, 2), u32(5, 0))
    print("netkit", rtnl.ask(NEWLINK, bytes(16) + text(3, "netkit0") + nest(18, text(1, "netkit"), data), 0x605))
    show("netkit0")
    show("netkit1")
    try:
        serial, line = os.openpty()
        fcntl.ioctl(line, termios.TIOCSETD, struct.pack("i", 17))
        subprocess.run(["ip", "link", "set", "can0", "type", "can", "bitrate", "125000"])
        subprocess.run(["ip", "link", "set", "can0", "up"])
        time.sleep(0.5)
        show("can0")
    except OSError as error:
        print("can", error)
    index = struct.pack("=I", int(open("/sys/class/net/d0/ifindex").read()))
    print("a phonet address", rtnl.ask(20, bytes([35, 0, 0, 0]) + index + attr(2, b"\x40")))
    print("phonet addresses", rtnl.dump(22, bytes([35, 0, 0, 0, 0, 0, 0, 0])))
    route = bytes([35, 6, 0, 0, 254, 4, 0, 1, 0, 0, 0, 0]) + attr(1, b"\x10") + attr(4, index)
    print("a phonet route", rtnl.ask(24, route, 0x605))
    print("phonet routes", rtnl.dump(26, bytes([35]) + bytes(11)))
    for kind, body in ((25, route), (21, bytes([35, 0, 0, 0]) + index + attr(2, b"\x40"))):
        print("gone", rtnl.ask(kind, body))
P
sysctl -q net.mpls.conf.d0.input=1 net.mpls.platform_labels=100
ip -f mpls netconf show
ip -f mpls netconf show dev d0
ip route add 198.51.102.0/24 encap ip id 8 dst 203.0.113.1 geneve_opts 0:1:01020304 dev d0
sysctl -q net.vrf.strict_mode=1
ip link add red type vrf table 100
ip link set red up
ip -6 route add 2001:db8:14::/64 encap seg6local action End.DT4 vrftable 100 dev red
ip -6 route add 2001:db8:15::/64 encap seg6local action End.DT46 vrftable 100 dev red
ip -6 route add 2001:db8:16::/64 encap seg6local action End.DT6 table 254 count dev d0
ip -6 route add 2001:db8:17::/64 encap seg6local action End flavors next-csid lblen 32 nflen 16 count dev d0
ip -6 route add 2001:db8:18::/64 encap seg6local action End.T table 254 dev d0
ip -6 route add 2001:db8:19::/64 encap seg6local action End.DX6 nh6 2001:db8::9 dev d0
ip -6 route add 2001:db8:1a::/64 encap seg6local action End.DX2 oif v1 dev d0
ip -6 route add 2001:db8:1b::/64 encap seg6 mode l2encap segs fd00::1 dev d0
ip -s -6 route show
ip route show
ip link del v0
kill %1
