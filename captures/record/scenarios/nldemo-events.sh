# what: nldemo's multicasts received by two listeners of one group and one of another
insmod /opt/nldemo/nldemo.ko
python3 /lab/nldemo/nldemo.py listen changes 4 &
python3 /lab/nldemo/nldemo.py listen changes 4 &
python3 /lab/nldemo/nldemo.py listen alarms 4 &
sleep 2
echo "1 21000" >/sys/kernel/nldemo/measure
echo "2 47000" >/sys/kernel/nldemo/measure
python3 /lab/nldemo/nldemo.py talk
wait
echo "9 99000" >/sys/kernel/nldemo/measure
ynl --spec nldemo --subscribe changes --sleep 10 &
sleep 6
echo "4 -9000" >/sys/kernel/nldemo/measure
wait
genl ctrl policy name nldemo
