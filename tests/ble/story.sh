#!/bin/sh
# The story over the real stack, told by the programs themselves: a door on hci0 and phones on hci1 and hci2; beside them a second
# door on hci3, and on hci4 the phone that was written from the specification alone.
. /tests/ble/setting.sh

# That phone.
client() { # command…
    PYTHONPATH=/python python3 /tests/interop/client.py --adapter hci4 --state /run/client.json "$@"
}

both_at_once() {
    phone one hci1 unlock --phone first &
    first=$!
    phone two hci2 unlock --phone second
    wait $first
}

# What depends on the air, and the refusals that an app shows. `cargo xtask interop` has them all.
second_implementation() {
    step "a second implementation probes a factory-fresh door" client probe --secret $secret
    step "a second implementation claims" client claim $secret
    step "a second implementation opens" client open
    step "a second implementation probes" client probe --only 4. 8.5
}

# A door runs on a battery: with nobody near it only advertises.
idle() {
    before=$(processor_time $door)
    sleep 3
    used=$(($(processor_time $door) - before))
    echo "figure idle_processor_percent $((used / 3))"
    [ $used -lt 60 ]
}

start_bluetooth
start_door second 3
start_door first 0
step "an idle door" idle
step "commission" phone one hci1 commission --secret $secret
step "first unlock" phone one hci1 unlock
btmon -i hci1 -w /run/unlock.capture >/dev/null 2>&1 &
capture=$!
sleep 1
step "repeat unlock" phone one hci1 unlock
sleep 1
kill $capture
echo "capture packets_per_repeat_unlock $(hexdump -ve '1/1 "%02x"' /run/unlock.capture)"

# The second phone is another machine of the same property.
cp -r /run/one /run/two
step "two phones at once" both_at_once

step "an update of 100 KiB" phone one hci1 update --bytes 100KiB
step "throughput beside bare writes" phone one hci1 bench --unlocks 5 --bytes 100KiB --updates 8

# Mostly waiting from here on, so that both doors have time.
second_implementation >/run/second-implementation.log 2>&1 &
beside=$!
step "soak" phone one hci1 soak --unlocks 50 --disconnects 20 --lost-hellos 20 --seed 1
step "conformance probe" phone one hci1 probe --secret $secret

kill_door
start_door first 0 --smallest-mtu
step "ATT MTU 23, after kill -9 of the door" phone one hci1 unlock
step "ATT MTU 23, first unlock" phone one hci1 unlock --phone third
step "ATT MTU 23, an update" phone one hci1 update --bytes 2KiB

told=0
wait $beside || told=$?
cat /run/second-implementation.log
exit $told
