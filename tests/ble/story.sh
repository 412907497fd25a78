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

step() { # what command…
    read -r up _ </proc/uptime
    echo "story: $1 ($up s)"
    shift
    "$@"
}

start_bluetooth() { # options of the section GATT
    mkdir -p /etc/bluetooth
    printf '[General]\nControllerMode = le\n[Policy]\nAutoEnable = true\n[GATT]\nChannels = 1\n%s\n' "$1" >/etc/bluetooth/main.conf
    bluetoothd -n >/run/bluetoothd.log 2>&1 &
    bluetooth=$!
    sleep 2
}

start_door() {
    mkfifo /run/prompt
    thumbturn-door --flash /run/door.flash --label $secret --bluetooth 0 </run/prompt >/run/door.log 2>&1 &
    exec 3>/run/prompt
    sleep 2
}

stop_bluetooth() {
    kill $bluetooth
    wait $bluetooth || true
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

start_bluetooth ""
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

step "an update of 100 KiB" phone one hci1 update --bytes 100KiB | tee /run/update.json

step "soak" phone one hci1 soak --unlocks 50 --disconnects 20 --seed 1 | tee /run/soak.json

stop_bluetooth
start_bluetooth "ExchangeMTU = 23"
step "unlock over an ATT MTU of 23" phone one hci1 unlock
step "first unlock over an ATT MTU of 23" phone one hci1 unlock --phone third
