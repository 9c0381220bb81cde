# what: sockets listed with ss: TCP, UDP, unix, packet, netlink and raw, filters, and a socket killed
modprobe -a inet_diag tcp_diag udp_diag unix_diag packet_diag netlink_diag raw_diag af_packet_diag 2>/dev/null
python3 /lab/bin/sockets.py &
sleep 3
ss -tunap
ss -tiemoO
ss -6ltn
ss -xa
ss -xep
ss -0ae
ss -wa
ss -f netlink -e
ss -tn state established '( dport = :5000 or sport = :5000 )' dst 127.0.0.0/8
ss -K dst 127.0.0.1 dport = 5000
ss -s
wait
