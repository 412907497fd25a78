#!/bin/sh
# The story over the real stack, told by the programs themselves: a door on hci0, phones on hci1 and hci2.
# `figure NAME VALUE` and `capture NAME DIGITS` are read by `cargo xtask ble`.
set -e

secret=00112233445566778899aabbccddeeff

# A phone's command. Its state lies below /run/NAME.
phone() { # name adapter command…
    name=$1
    adapter=$2
    shift 2
    thumbturn-harness --json --state "/run/$name" --adapter "$adapter" "$@"
}

# The phone that was written from the specification alone.
second() { # command…
    PYTHONPATH=/python python3 /tests/interop/client.py --adapter hci2 --state /run/second.json "$@"
}

step() { # what command…
    read -r up _ </proc/uptime
    echo "story: $1 ($up s)"
    shift
    "$@"
}

start_bluetooth() {
    mkdir -p /etc/bluetooth
    # One channel for attributes: over several, frames overtake each other.
    printf '[General]\nControllerMode = le\n[Policy]\nAutoEnable = true\n[GATT]\nChannels = 1\n' >/etc/bluetooth/main.conf
    bluetoothd -n >/run/bluetoothd.log 2>&1 &
    sleep 2
}

start_door() {
    rm -f /run/prompt
    mkfifo /run/prompt
    thumbturn-door --flash /run/door.flash --label $secret --bluetooth 0 </run/prompt >>/run/door.log 2>&1 &
    door=$!
    exec 3>/run/prompt
    sleep 2
}

# As a loss of power: what the flash holds is all that the next one knows.
kill_door() {
    kill -9 $door
    wait $door || true
    exec 3>&-
}

# The value of a field in the last line that a command printed.
field() { # name file
    tail -n 1 "$2" | sed "s/.*\"$1\":\([^,}]*\).*/\1/"
}

both_at_once() {
    phone one hci1 unlock --phone first &
    first=$!
    phone two hci2 unlock --phone second
    wait $first
}

start_bluetooth
start_door
step commission phone one hci1 commission --secret $secret
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

step "an update of 100 KiB" phone one hci1 update --bytes 100KiB >/run/update.json
cat /run/update.json

step "throughput beside bare writes" phone one hci1 bench --unlocks 5 --bytes 100KiB >/run/bench.json
cat /run/bench.json
echo "figure transfer_ratio $(field ratio_to_raw /run/bench.json)"

step "soak" phone one hci1 soak --unlocks 50 --disconnects 20 --seed 1 >/run/soak.json
cat /run/soak.json
echo "figure soak_unlocks $(field requests /run/soak.json)"
echo "figure soak_failures $(($(field requests /run/soak.json) - $(field opened /run/soak.json)))"

step "conformance probe" phone one hci1 probe

kill_door
start_door
step "unlock after kill -9 of the door" phone one hci1 unlock

# As the control on the secured side does, for a claim by somebody else.
echo reset >&3
step "a second implementation probes a factory-fresh door" second probe --secret $secret
step "a second implementation claims" second claim $secret
step "a second implementation opens" second open
# What depends on the air, and the refusals that an app shows. `cargo xtask interop` has them all.
step "a second implementation probes" second probe --only 4. 8.5
