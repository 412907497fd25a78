# What the stories share: the Bluetooth service, doors, and phones. Read by each with `.`.
# `figure NAME VALUE` and `capture NAME DIGITS` are read by `cargo xtask ble`, and what the harness prints with --json.
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

start_bluetooth() {
    mkdir -p /etc/bluetooth
    # One channel for attributes: over several, frames overtake each other.
    printf '[General]\nControllerMode = le\n[Policy]\nAutoEnable = true\n[GATT]\nChannels = 1\n' >/etc/bluetooth/main.conf
    bluetoothd -n >/run/bluetoothd.log 2>&1 &
    sleep 2
}

# Its prompt is /run/NAME.prompt, its process $door.
start_door() { # name adapter option…
    name=$1
    adapter=$2
    shift 2
    rm -f "/run/$name.prompt"
    mkfifo "/run/$name.prompt"
    # Opened for both, so that the prompt waits for nobody and does not end with the first who writes to it.
    thumbturn-door --flash "/run/$name.flash" --label $secret --bluetooth "$adapter" "$@" \
        <>"/run/$name.prompt" >>"/run/$name.log" 2>&1 &
    door=$!
    sleep 2
}

# As a loss of power: what the flash holds is all that the next one knows.
kill_door() {
    kill -9 $door
    wait $door || true
}

# Time that a process has spent in the processor, in hundredths of a second.
processor_time() { # process
    read -r times <"/proc/$1/stat"
    # The name in brackets is one word here; the 14th and 15th are those of the program and of the kernel for it.
    set -- $times
    echo $((${14} + ${15}))
}
