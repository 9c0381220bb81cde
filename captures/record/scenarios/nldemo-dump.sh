# what: dumps of nldemo's sensors in many parts, filtered, failing, and interrupted by a change
insmod /opt/nldemo/nldemo.ko
python3 /lab/nldemo/nldemo.py dump
ynl --spec nldemo --dump sensor-get
ynl --spec nldemo --dump sensor-get --json '{"kind": "humidity"}'
ynl --spec nldemo --dump sensor-get --json '{"kind": "light"}'
genl ctrl policy name nldemo
