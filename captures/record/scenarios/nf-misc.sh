# what: the rest of netfilter: accounting, helpers, timeouts, expectations, queues, logs, fingerprints, hooks, ipset's kinds
modprobe -a nfnetlink_acct nfnetlink_cthelper nfnetlink_cttimeout nfnetlink_osf nfnetlink_queue nfnetlink_log nfnetlink_hook nf_conntrack_netlink nf_conntrack_ftp nf_conntrack_sctp xt_NFQUEUE xt_NFLOG xt_nfacct nf_nat_ftp sctp dccp 2>/dev/null
sysctl -q net.netfilter.nf_conntrack_acct=1 net.netfilter.nf_conntrack_timestamp=1 net.netfilter.nf_conntrack_helper=1
ip addr add 192.0.2.1/32 dev lo
iptables-nft -A INPUT -m conntrack --ctstate NEW -j ACCEPT
iptables-nft -t raw -A PREROUTING -p tcp --dport 2121 -j CT --helper ftp
iptables-nft -t raw -A OUTPUT -p tcp --dport 2121 -j CT --helper ftp
mkdir -p /etc/xtables
echo 3 tomato >/etc/xtables/connlabel.conf
conntrack -E >/dev/null &
conntrack -E expect >/dev/null &
sleep 1
nfacct add water
nfacct add light byte 1000
nfacct list
nfacct get water
iptables-nft -A OUTPUT -p icmp -m nfacct --nfacct-name light
ping -c 12 -i 0.1 127.0.0.1 >/dev/null
nfacct list reset
nfacct del water
nfct add helper tftp inet udp
nfct add timeout slow inet tcp established 100 close 10
nfct add timeout udp-slow inet udp unreplied 10 replied 20
nfct add timeout icmp-slow inet icmp timeout 9
nfct list timeout
nfct get timeout slow
nfct default-get timeout inet udp
nfct default-set timeout inet udp unreplied 33
nfct list helper
nfct delete timeout udp-slow
nfct delete helper tftp
python3 /lab/bin/talkers.py
conntrack -L -o extended,timestamp
conntrack -L dying
conntrack -L unconfirmed
conntrack -L -z
conntrack -L expect
conntrack -I expect -s 192.0.2.1 -d 192.0.2.9 -p tcp --sport 1000 --dport 2000 --mask-src 255.255.255.255 --mask-dst 255.255.255.255 --tuple-src 192.0.2.1 --tuple-dst 192.0.2.9 --orig-port-src 5 --orig-port-dst 6 -t 60
conntrack -I -p tcp -s 192.0.2.1 -d 192.0.2.7 --sport 1000 --dport 80 --state SYN_SENT -t 60 -u SEEN_REPLY -m 7 --label-add tomato -w 5
conntrack -I -p sctp -s 192.0.2.1 -d 192.0.2.7 --sport 1 --dport 2 --state COOKIE_WAIT -t 60 --orig-vtag 7 --reply-vtag 9
conntrack -I -p dccp -s 192.0.2.1 -d 192.0.2.7 --sport 1 --dport 2 --state REQUEST --role client -t 60
conntrack -I -p gre -s 192.0.2.1 -d 192.0.2.7 --srckey 1 --dstkey 2 -t 60
conntrack -I -p icmp -s 192.0.2.1 -d 192.0.2.7 --icmp-type 8 --icmp-code 0 --icmp-id 7 -t 60
conntrack -I -p udp -s 192.0.2.1 -d 192.0.2.7 --sport 9 --dport 10 -t 60 --src-nat 198.51.100.1:700
conntrack -L -w 5
conntrack -F expect
conntrack -F
echo '5840:64:1:60:M*,S,T,N,W7:Linux:2.6:newer:Linux 2.6 (newer)' >/tmp/pf.os
nfnl_osf -f /tmp/pf.os
nfnl_osf -d -f /tmp/pf.os
python3 /lab/bin/queues.py
nft list hooks
python3 - <<'P'
import sys
sys.path.insert(0, "/lab/bin")
from rtnl import Rtnl, be32, text
with Rtnl(12) as netlink:
    for family, hook in ((2, 1), (2, 3), (10, 1), (5, 0)):
        body = bytes([family, 0, 0, 0]) + be32(1, hook) + (text(3, "lo") if family == 5 else b"")
        print("hooks", family, hook, netlink.dump(0x0C00, body))
    for number, sizes in enumerate((20, 16)):
        print("acct", netlink.dump(0x0701 + number, bytes([2, 0, 0, 0])))
P
ipset create a hash:ip,port,net family inet counters comment skbinfo timeout 100 forceadd
ipset add a 192.0.2.1,tcp:80,198.51.100.0/24 skbmark 0x7/0xff skbprio 1:2 skbqueue 3 packets 5 bytes 500 comment "one" timeout 50
ipset create b bitmap:port range 0-1023
ipset add b 22
ipset create c bitmap:ip,mac range 192.0.2.0/24
ipset add c 192.0.2.7,02:00:5e:10:00:07
ipset create d hash:net,iface family inet6
ipset add d 2001:db8::/32,physdev:eth7 nomatch
ipset create e hash:mac hashsize 64 maxelem 100
ipset add e 02:00:5e:10:00:09
ipset create f hash:ip,mark markmask 0xffff
ipset add f 192.0.2.1,0x77
ipset create g hash:net,net
ipset add g 192.0.2.0/24,198.51.100.0/24
ipset create h hash:net,port,net
ipset add h 192.0.2.0/24,udp:53-55,198.51.100.0/24
ipset create i hash:ip,port,ip
ipset add i 192.0.2.1,icmp:8/0,192.0.2.2
ipset create j bitmap:ip range 192.0.2.0-192.0.2.15 netmask 30
ipset add j 192.0.2.5
ipset create k list:set size 4
ipset add k a before b
ipset add k b
ipset add k a before b
ipset list
ipset save k
ipset save
ipset test a 192.0.2.1,tcp:80,198.51.100.7
ipset del b 22
ipset rename b ports
ipset flush a
ipset swap e f
ipset destroy e
iptables-nft -A INPUT -m set --match-set a src,dst,dst -j SET --add-set ports src
iptables-nft -L >/dev/null
wait %3 2>/dev/null
kill %1 %2
