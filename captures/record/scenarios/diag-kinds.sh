# what: sockets of every family: filters by bytecode, ulp, mptcp, sctp, dccp, vsock, tipc, xdp, packet rings; old requests; sockets destroyed
modprobe -a tcp_diag udp_diag raw_diag inet_diag mptcp_diag sctp_diag dccp dccp_ipv4 dccp_diag unix_diag netlink_diag af_packet_diag vsock_diag vsock_loopback xsk_diag tipc tipc_diag tls tcp_bbr tcp_dctcp tcp_vegas 2>/dev/null
ss -E >/dev/null &
sleep 1
python3 /lab/bin/more_sockets.py &
sleep 6
for kind in -t -u -w -x -0 -S -d; do ss -aneimO $kind; done
for family in vsock tipc xdp netlink mptcp; do ss -ane -f $family 2>/dev/null; done
ss -aneM
ss -t -o state established '( dport = :7001 or sport = :7001 )'
ss -tn 'src 127.0.0.0/8 and not dst 10.0.0.0/8 and sport >= :1024 and dev = lo'
ss -tn 'fwmark = 7'
ss -K dst 127.0.0.1 dport = 7001
python3 - <<'P'
import struct
import sys
sys.path.insert(0, "/lab/bin")
from rtnl import Rtnl
with Rtnl(4) as diag:
    for kind in (18, 19):
        print("old request", diag.dump(kind, struct.pack("=BBBB48xII", 2, 0, 0, 0xFF, 0xFFF, 0)))
    for family, states in ((17, b""), (16, b""), (44, b""), (30, b""), (40, b"")):
        print("family", family, diag.dump(20, struct.pack("=BBHIII8x", family, 255 if family == 16 else 0, 0, 0xFFFFFFFF if family in (30, 40) else 0, 0 if family in (30, 40) else 0xFFFF, 0)))
P
wait %2
kill %1
