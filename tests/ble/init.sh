#!/bin/sh
# The guest's first process: starts the Bluetooth stack, runs the story, tells its result, and switches the machine off.
export PATH=/bin:/sbin HOME=/run
/bin/busybox mkdir -p /sbin
/bin/busybox --install -s /bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs dev /dev
while read -r module; do insmod "/modules/$module"; done </modules/order
ifconfig lo 127.0.0.1
dbus-daemon --config-file=/etc/dbus.conf --fork --nopidfile
# Each console is a controller of the air. Which is whose, the story says.
for number in 0 1 2 3 4; do
    stty -F /dev/hvc$number raw -echo
    btattach -B /dev/hvc$number -P h4 >/run/btattach$number.log 2>&1 &
done
cd /run || exit
read -r up _ </proc/uptime
echo "guest: up after $up s"
sh /story.sh
result=$?
if [ $result != 0 ]; then
    for log in /run/*.log; do
        echo "guest: $log"
        tail -n 40 "$log"
    done
fi
echo "guest: result $result"
poweroff -f
