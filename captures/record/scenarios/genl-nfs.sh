# what: the servers of files: nfsd and lockd by ynl, ksmbd with a client that logs in (SMBD_GENL), cifs
modprobe -a nfsd lockd ksmbd cifs
busybox mount -t nfsd none /proc/fs/nfsd
ynl --spec nfsd --do threads-get
ynl --spec nfsd --do version-get
ynl --spec nfsd --do version-set --json '{"version": [{"major": 4, "minor": 1, "enabled": true}, {"major": 4, "minor": 2, "enabled": true}]}'
ynl --spec nfsd --do listener-set --json '{"addr": [{"transport-name": "tcp", "addr": "02000801c00002010000000000000000"}]}'
ynl --spec nfsd --do threads-set --json '{"threads": [2], "gracetime": 10, "leasetime": 20, "scope": "greenhouse"}'
ynl --spec nfsd --do threads-get
ynl --spec nfsd --do listener-get
ynl --spec nfsd --do pool-mode-get
ynl --spec nfsd --do pool-mode-set --json '{"mode": "percpu"}'
ynl --spec nfsd --dump rpc-status-get
ynl --spec nfsd --do threads-set --json '{"threads": [0]}'
mkdir -p /tmp/share /etc/ksmbd
echo "how warm is it?" >/tmp/share/question
ksmbd.adduser -a -p marigold grower || ksmbd.adduser --add-user=grower --password=marigold
printf '[global]\n\tworkgroup = GREENHOUSE\n\tserver string = plants\n[beds]\n\tpath = /tmp/share\n\tread only = no\n' >/etc/ksmbd/ksmbd.conf
cp /etc/ksmbd/ksmbd.conf /etc/ksmbd/smb.conf
ip addr add 192.0.2.1/32 dev lo
ksmbd.mountd -n0 || ksmbd.mountd
sleep 3
mkdir -p /mnt/beds
mount.cifs //127.0.0.1/beds /mnt/beds -o username=grower,password=marigold,vers=3.1.1
cat /mnt/beds/question
busybox umount /mnt/beds
mount.cifs //127.0.0.1/beds /mnt/beds -o username=grower,password=wrong,vers=3.1.1
mount.cifs //127.0.0.1/nosuch /mnt/beds -o username=grower,password=marigold,vers=3.1.1
ksmbd.control -s || ksmbd.control --shutdown
sleep 1
say cifs 3
