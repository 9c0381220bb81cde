# what: timestamps in nanoseconds
# with: tcpdump -i nlmon0 -s 0 --time-stamp-precision=nano
ip addr show
ip -6 route show table all
ip monitor link &
sleep 1
ip link add d0 type dummy
ip link del d0
sleep 1
kill %1
