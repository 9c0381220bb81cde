# what: nldemo's id changes as the module is reloaded, and its first id goes to the family fou
insmod /opt/nldemo/nldemo.ko
python3 /lab/nldemo/nldemo.py talk
python3 /lab/nldemo/nldemo.py listen notify 4 nlctrl &
sleep 2
rmmod nldemo
insmod /opt/nldemo/nldemo.ko
python3 /lab/nldemo/nldemo.py talk
rmmod nldemo
wait
# Ids are given out in a circle of 1005, so an old one returns after that many registrations.
{ set +x; for _ in $(seq 1003); do insmod /opt/nldemo/nldemo.ko; rmmod nldemo; done; set -x; } 2>/dev/null
modprobe fou
ip fou add port 7777 ipproto 47
ip fou show
insmod /opt/nldemo/nldemo.ko
genl ctrl list
python3 /lab/nldemo/nldemo.py talk
