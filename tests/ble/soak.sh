#!/bin/sh
# A thousand unlocks over the real stack, by two phones in turn, with connections cut and hellos lost in every phase.
. /tests/ble/setting.sh

# What the door's process holds: open files, and memory in KiB.
holdings() {
    memory=$(sed -n 's/^VmRSS:[^0-9]*\([0-9]*\).*/\1/p' "/proc/$door/status")
    echo "figure door_$1 {\"handles\":$(ls "/proc/$door/fd" | wc -l),\"memory_kib\":$memory}"
}

start_bluetooth
start_door first 0
step "commission" phone one hci1 commission --secret $secret
step "warm up" phone one hci1 soak --unlocks 20
holdings early
step "soak" phone one hci1 soak --unlocks 1000 --disconnects 20 --lost-hellos 10 --seed 1
holdings late
