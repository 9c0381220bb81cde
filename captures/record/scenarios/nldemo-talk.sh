# what: a client resolves nldemo through nlctrl, reads and sets sensors and relays; the same with ynl
insmod /opt/nldemo/nldemo.ko
genl ctrl get name nldemo
python3 /lab/nldemo/nldemo.py talk
ynl --spec nldemo --do sensor-get --json '{"id": 5}'
ynl --spec nldemo --do relay-get --json '{"id": 2}'
ynl --spec nldemo --do relay-set --json '{"id": 3, "position": "on", "mode": {"value": "locked", "selector": ["locked", "inverted"]}}'
ynl --spec nldemo --do sensor-get --json '{"id": 500}'
ynl --spec nldemo --dump relay-get
