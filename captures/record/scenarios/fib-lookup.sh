# what: routes looked up through NETLINK_FIB_LOOKUP
ip link add d0 type dummy
ip link set d0 up
ip addr add 192.0.2.1/24 dev d0
ip route add 198.51.100.0/24 via 192.0.2.2
ip route add unreachable 203.0.113.0/24
ip route add 198.51.101.0/24 via 192.0.2.3 table 100
ip rule add fwmark 7 table 100
python3 - <<'P'
import socket
import struct
opened = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 10)
opened.bind((0, 0))
for number, (address, mark, table) in enumerate((
    ("192.0.2.9", 0, 254), ("192.0.2.1", 0, 255), ("198.51.100.7", 0, 254), ("203.0.113.5", 0, 254),
    ("198.51.101.1", 7, 100), ("198.51.101.1", 0, 254), ("127.0.0.1", 0, 0), ("10.9.9.9", 0, 252),
)):  # fmt: skip
    asked = struct.pack("=4sIBBBBBBBBi", socket.inet_aton(address), mark, 0, 0, table, 0, 0, 0, 0, 0, 0)
    opened.send(struct.pack("=IHHII", 36, 0, 1, number, 0) + asked)
    told = opened.recv(4096)
    print(address, struct.unpack_from("=BBBBi", told, 28), struct.unpack_from("=BB", told, 26))
P
