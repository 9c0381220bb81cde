# what: shared memory communications: systems, devices, statistics, ids, pnet table (SMC_GEN_NETLINK, SMC_PNETID, smc_diag)
modprobe -a smc smc_diag
ip link add d0 type dummy
say SMC_GEN_NETLINK 1+dump
say SMC_GEN_NETLINK 10 1:str=GREENHOUSE-1--------------------
say SMC_GEN_NETLINK 10 1:str=SHED----------------------------
say SMC_GEN_NETLINK 9+dump
say SMC_GEN_NETLINK 11 1:str=SHED----------------------------
say SMC_GEN_NETLINK 13+dump
say SMC_GEN_NETLINK 15
say SMC_GEN_NETLINK 14
say SMC_GEN_NETLINK 16+dump
say SMC_GEN_NETLINK 17
say SMC_GEN_NETLINK 18
for command in 2 3 4 5 6; do say SMC_GEN_NETLINK $command+dump; done
python3 - <<'P'
import socket
import threading
AF_SMC = 43
server = socket.socket(AF_SMC, socket.SOCK_STREAM, 0)
print("an SMC socket", server.fileno())
import ctypes
import struct
libc = ctypes.CDLL(None, use_errno=True)
def address(port):
    return struct.pack("=HHI8x", socket.AF_INET, socket.htons(port), int.from_bytes(bytes([127, 0, 0, 1]), "little"))
print("bind", libc.bind(server.fileno(), address(7000), 16), "listen", libc.listen(server.fileno(), 5))
def serve():
    taken = libc.accept(server.fileno(), None, None)
    print("accepted", taken > 0)
    buffer = ctypes.create_string_buffer(64)
    libc.recv(taken, buffer, 64, 0)
    libc.send(taken, b"warm", 4, 0)
thread = threading.Thread(target=serve)
thread.start()
client = socket.socket(AF_SMC, socket.SOCK_STREAM, 0)
print("connect", libc.connect(client.fileno(), address(7000), 16))
client.send(b"how warm is it?")
print(client.recv(64))
opened = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 4)
opened.bind((0, 0))
for extended in (0, 0xFF):
    request = struct.pack("=BBBB48x", AF_SMC, 0, 0, extended)
    opened.send(struct.pack("=IHHII", 16 + len(request), 20, 0x301, 7, 0) + request)
    while True:
        data = opened.recv(65536)
        print("smc_diag", len(data))
        if struct.unpack_from("H", data, 4)[0] in (2, 3):
            break
thread.join()
P
say SMC_GEN_NETLINK 7+dump
say SMC_GEN_NETLINK 8+dump
say SMC_GEN_NETLINK 12
say SMC_PNETID 2 1:str=NET1 2:str=d0
say SMC_PNETID 2 1:str=NET1 2:str=nosuch0
say SMC_PNETID 1 1:str=NET1
say SMC_PNETID 1+dump
say SMC_PNETID 3 1:str=NET1
say SMC_PNETID 4
