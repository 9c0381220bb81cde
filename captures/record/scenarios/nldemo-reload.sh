# what: nldemo's id changes as the module is reloaded, and its first id goes to the family fou
insmod /opt/nldemo/nldemo.ko
python3 /lab/nldemo/nldemo.py talk
python3 /lab/nldemo/nldemo.py listen notify 4 nlctrl &
sleep 2
rmmod nldemo
insmod /opt/nldemo/nldemo.ko
python3 /lab/nldemo/nldemo.py talk
id=$(genl ctrl get name nldemo | awk '/ID: 0x/ { print $2; exit }')
rmmod nldemo
wait
insmod /opt/nldemo/nldemo.ko skip_ids=$((1022 - id))
python3 /lab/nldemo/nldemo.py talk
rmmod nldemo
modprobe fou
ip fou add port 7777 ipproto 47
ip fou show
insmod /opt/nldemo/nldemo.ko
python3 /lab/nldemo/nldemo.py talk
genl ctrl list
