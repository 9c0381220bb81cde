# what: tc's ematches of metadata, of texts and of trees
modprobe -a cls_basic em_meta em_text ts_kmp ts_bm 2>/dev/null
tc monitor >/dev/null &
sleep 1
ip link add d0 type dummy
ip link set d0 up
tc qdisc add dev d0 clsact
match() { tc filter add dev d0 ingress protocol ip prio "$1" basic match "$2" action ok; }
match 1 'meta(priority eq 2)'
match 2 'meta(rt_iif mask 0xff gt 3)'
match 3 'meta(dev eq "d0") and meta(nf_mark mask 0xf lt 5)'
match 4 'meta(random mask 3 eq 1) or (not meta(pkt_len gt 100) and cmp(u16 at 2 layer network lt 90))'
match 5 'meta(vlan mask 0xfff eq 7)'
match 6 'meta(sk_family eq 2)'
python3 - <<'P'
import struct
import sys
sys.path.insert(0, "/lab/bin")
from rtnl import Rtnl, attr, nest, text
index = int(open("/sys/class/net/d0/ifindex").read())
body = struct.pack("=BxxxiIII", 0, index, 0, 0xFFFFFFF2, 7 << 16 | 0x0008)
config = struct.pack("=16sHHHBB", b"kmp", 2, 90, 4, 0x11, 0) + b"warm"
found = struct.pack("=HHHH", 0, 5, 0, 0) + config
tree = nest(2, attr(1, struct.pack("=HH", 1, 0)), nest(2, attr(1, found)))
with Rtnl() as rtnl:
    print("text", rtnl.ask(44, body + text(1, "basic") + nest(2, tree), 0x605))
P
tc -s filter show dev d0 ingress
tc filter del dev d0 ingress
kill %1
