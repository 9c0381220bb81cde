# what: packets that the kernel hands out: dropped ones (NET_DM), samples (psample); quota warnings (VFS_DQUOT)
modprobe -a drop_monitor psample act_sample sch_ingress cls_matchall
say hear NET_DM events 8 &
say hear psample packets 8 &
say hear VFS_DQUOT events 25 &
sleep 2
ip link add d0 type veth peer name d1
ip link set d0 up
ip link set d1 up
ip addr add 192.0.2.1/24 dev d0
ip -6 addr add 2001:db8::1/64 dev d0 nodad
ip neigh add 192.0.2.2 lladdr 02:00:5e:10:00:02 dev d0
say NET_DM 6 version=2
say NET_DM 2 version=2 1:u8=1 9:u32=256 11:u32=100
say NET_DM 6 version=2
say NET_DM 3 version=2
tc qdisc add dev d1 ingress
tc filter add dev d1 ingress matchall action sample rate 1 group 5 trunc 96
tc qdisc add dev d0 clsact
tc filter add dev d0 egress matchall action sample rate 2 group 6
say psample 1+dump
python3 - <<'P'
import socket
opened = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for number in range(4):
    opened.sendto(b"how warm is it? %d" % number, ("192.0.2.2", 5000))
opened = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
opened.sendto(b"and at the window?", ("ff02::1%d0", 5000, 0, socket.if_nametoindex("d0")))
P
sleep 1
say NET_DM 8 version=2
say NET_DM 4 version=2
say NET_DM 2 version=2 1:u8=0
say NET_DM 3 version=2
ping -c 1 -W 1 192.0.2.3
sleep 2
say NET_DM 4 version=2
say NET_DM 4 version=2
mkdir -p /tmp/quota
modprobe -a loop ext4 quota_v2
dd if=/dev/zero of=/tmp/disk bs=1M count=16
mkfs.ext4 -q -O quota -E quotatype=usrquota /tmp/disk
busybox losetup /dev/loop0 /tmp/disk
busybox mount -t ext4 -o usrquota /dev/loop0 /tmp/quota
chmod 777 /tmp/quota
python3 - <<'P'
import ctypes
import os
import struct
SYS_quotactl, Q_SETQUOTA, QIF_LIMITS = 179, 0x800008 << 8, 5
limits = struct.pack("=8QI4x", 256, 128, 0, 4, 2, 0, 0, 0, QIF_LIMITS)
print("limits", ctypes.CDLL(None).syscall(SYS_quotactl, Q_SETQUOTA, b"/dev/loop0", 1000, limits))
os.setuid(1000)
for name in ("much", "more", "some", "few", "none"):
    try:
        with open(f"/tmp/quota/{name}", "wb", buffering=0) as file:
            for _ in range(8):
                file.write(bytes(1 << 16))
    except OSError as error:
        print(name, error.strerror)
P
wait
