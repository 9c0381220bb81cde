# what: block devices behind netlink: nbd, drbd, target_core_user (TCM-USER), vdpa
modprobe -a nbd drbd target_core_mod target_core_user vdpa
say hear nbd nbd_mcast_group 8 &
say hear TCM-USER config 20 &
say hear drbd events 20 &
sleep 1
python3 /lab/bin/nbd.py
say nbd 5
say nbd 5 1:u32=0
say nbd 2 1:u32=0
say nbd 2 1:u32=99
busybox mount -t configfs none /sys/kernel/config
mkdir -p /sys/kernel/config/target/core/user_0/greenhouse
echo "dev_config=plants//beds,dev_size=1048576" >/sys/kernel/config/target/core/user_0/greenhouse/control
echo 1 >/sys/kernel/config/target/core/user_0/greenhouse/enable &
sleep 2
say TCM-USER 4 version=2 8:u32=1 7:s32=0
echo 2097152 >/sys/kernel/config/target/core/user_0/greenhouse/attrib/dev_size &
sleep 1
say TCM-USER 6 version=2 8:u32=1 7:s32=0
say TCM-USER 7 version=2 9:u8=1
rmdir /sys/kernel/config/target/core/user_0/greenhouse
vdpa mgmtdev show
vdpa dev show
vdpa dev add name vdpa0 mgmtdev vdpasim_net
vdpa dev config show
dd if=/dev/zero of=/tmp/disk bs=1M count=40
modprobe loop
busybox losetup /dev/loop0 /tmp/disk
mkdir -p /var/lock /run/lock /var/lib/drbd
drbdsetup new-resource r0
drbdsetup new-minor r0 0 0
drbdsetup resource-options r0 --on-no-data-accessible=suspend-io
echo yes | drbdmeta --force 0 v08 /dev/loop0 internal create-md
drbdsetup attach 0 /dev/loop0 /dev/loop0 internal --on-io-error=detach
drbdsetup connect r0 ipv4:127.0.0.1:7788 ipv4:127.0.0.1:7789 --protocol=C --shared-secret=marigold --cram-hmac-alg=sha256
drbdsetup primary 0 --force
drbdsetup show
drbdsetup status --verbose
drbdsetup events2 --now
drbdsetup disk-options 0 --c-max-rate=4M
drbdsetup secondary 0
drbdsetup disconnect ipv4:127.0.0.1:7788 ipv4:127.0.0.1:7789
drbdsetup detach 0
drbdsetup down r0
wait %2 %3
