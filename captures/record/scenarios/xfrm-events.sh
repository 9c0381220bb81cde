# what: what xfrm tells by itself: acquires, expiries, migrations, replay states; the requests that xfrm.sh leaves out
modprobe -a xfrm_user esp4 esp6 ah4 xfrm_algo xfrm_interface 2>/dev/null
ip link add d0 type dummy
ip link set d0 up
ip addr add 192.0.2.1/24 dev d0
ip -6 addr add 2001:db8::1/64 dev d0 nodad
ip neigh add 192.0.2.2 lladdr 02:00:5e:10:00:02 dev d0
ip xfrm monitor all >/dev/null &
sleep 1
key=0x000102030405060708090a0b0c0d0e0f
ip xfrm state add src 192.0.2.1 dst 192.0.2.2 proto esp spi 0x200 reqid 7 mode transport auth sha256 $key enc aes $key replay-window 32 limit time-soft 2 limit time-hard 4 limit packet-soft 2 limit byte-hard 1000000
ip xfrm policy add src 192.0.2.1/32 dst 192.0.2.2/32 dir out ptype main priority 10 tmpl src 192.0.2.1 dst 192.0.2.2 proto esp reqid 7 mode transport
ping -c 4 -i 0.3 -W 1 192.0.2.2
ip xfrm policy add src 192.0.2.1/32 dst 192.0.2.9/32 dir out tmpl src 192.0.2.1 dst 192.0.2.9 proto esp reqid 8 mode tunnel
ip neigh add 192.0.2.9 lladdr 02:00:5e:10:00:09 dev d0
ping -c 1 -W 1 192.0.2.9
ip xfrm policy add src 2001:db8::1/128 dst 2001:db8::9/128 dir out tmpl proto esp mode transport level required
ping -c 1 -W 1 2001:db8::9
ip xfrm policy add src 198.51.100.0/24 dst 203.0.113.0/24 dir in limit time-soft 1 limit time-hard 3 tmpl proto esp mode transport
sleep 5
ip xfrm state add src 192.0.2.1 dst 192.0.2.3 proto esp spi 0x201 mode tunnel aead 'rfc4106(gcm(aes))' ${key}00112233 128 replay-window 128 flag esn,align4 offload dev d0 dir out
ip xfrm state add src 192.0.2.1 dst 192.0.2.3 proto esp spi 0x202 mode tunnel aead 'rfc4106(gcm(aes))' ${key}00112233 128 replay-window 128 replay-seq 5 flag esn extra-flag dont-encap-dscp output-mark 0x7 mask 0xff if_id 9 sel src 10.0.0.0/8 dst 10.9.0.0/16 proto tcp dport 80 encap espinudp 4500 4500 0.0.0.0
ip xfrm state update src 192.0.2.1 dst 192.0.2.3 proto esp spi 0x202 mode tunnel aead 'rfc4106(gcm(aes))' ${key}00112233 128 replay-window 128 flag esn if_id 9 encap espinudp 4501 4500 0.0.0.0
ip xfrm state get src 192.0.2.1 dst 192.0.2.3 proto esp spi 0x202
python3 - <<'P'
import socket
import struct
import sys
sys.path.insert(0, "/lab/bin")
from rtnl import DUMP, Rtnl, attr, u32
inet = socket.inet_aton
def wide(text):
    return inet(text).ljust(16, b"\0")
def identity(text, spi):
    return wide(text) + struct.pack(">I", spi) + struct.pack("=HBx", 2, 50)
def selector(source, target):
    return wide(target) + wide(source) + struct.pack("=HHHHHBBB3xiI", 0, 0, 0, 0, 2, 32, 32, 0, 0, 0)
with Rtnl(6) as xfrm:
    aevent = identity("192.0.2.3", 0x202) + wide("192.0.2.1") + struct.pack("=II", 0, 0)
    print("get AE", xfrm.ask(0x1F, aevent))
    lifetime = struct.pack("=QQQQ", 10, 2, 0, 0)
    print("new AE", xfrm.ask(0x1E, aevent + attr(9, lifetime) + u32(12, 5) + u32(11, 4), 0x105))
    policy = selector("192.0.2.1", "192.0.2.9") + struct.pack("=IB3x", 0, 1)
    entry = wide("192.0.2.9") + wide("192.0.2.1") + wide("192.0.2.19") + wide("192.0.2.1")
    entry += struct.pack("=BBHIHH", 50, 1, 0, 8, 2, 2)
    print("migrate", xfrm.ask(0x21, policy + attr(17, entry)))
    print("spd info", xfrm.ask(0x24, struct.pack("=I", 0) + attr(3, bytes([24, 16])) + attr(4, bytes([64, 96]))))
    print("filtered states", xfrm.dump(0x12, attr(0x1A, wide("192.0.2.1") + wide("192.0.2.0") + struct.pack("=HBB", 2, 32, 24))))
P
ip xfrm policy count
ip xfrm state count
ip xfrm policy deleteall
ip xfrm policy flush ptype sub
ip xfrm state deleteall proto esp
ip xfrm state flush
kill %1
