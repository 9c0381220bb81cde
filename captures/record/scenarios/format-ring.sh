# what: a ring of pcapng files from dumpcap, with two interfaces of different link types
# with: dumpcap -q -i nlmon0 -i lo -b filesize:6
# file: format-ring.pcapng
ping -c 3 -i 0.2 127.0.0.1
ip -d link show
genl ctrl list
ping -c 3 -i 0.2 ::1
ip route show table all
genl ctrl policy name nlctrl
