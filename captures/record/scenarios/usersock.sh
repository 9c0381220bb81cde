# what: two processes talk over NETLINK_USERSOCK, unicast and multicast, without generic netlink
python3 /lab/bin/usersock.py
