# what: requests that nldemo or its policy refuse, with ext-ack; the original request comes back whole
insmod /opt/nldemo/nldemo.ko
python3 /lab/nldemo/nldemo.py refuse
