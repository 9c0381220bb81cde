# what: a compressed file
# file: format-gzip.pcap.gz
ip -d link show
ip netconf
ip ntable show
ip addrlabel show
genl ctrl list
