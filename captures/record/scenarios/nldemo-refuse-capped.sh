# what: requests that nldemo or its policy refuse, with NETLINK_CAP_ACK, then without NETLINK_EXT_ACK
insmod /opt/nldemo/nldemo.ko
python3 /lab/nldemo/nldemo.py refuse --cap
python3 /lab/nldemo/nldemo.py refuse --no-ext
