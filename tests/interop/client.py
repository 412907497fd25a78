#!/usr/bin/env python3
"""A second implementation of the phone, against a door that runs: written from docs/spec alone.

    python3 -m pip install -r tests/interop/requirements.txt
    thumbturn-door --virtual 127.0.0.1:7311 --flash door.flash --label SECRET
    python3 tests/interop/client.py --virtual 127.0.0.1:7311 --state vault.json claim SECRET
    python3 tests/interop/client.py --virtual 127.0.0.1:7311 --state vault.json open
    python3 tests/interop/client.py --virtual 127.0.0.1:7311 --state vault.json probe

`--adapter hci0` in place of `--virtual` goes over the air. The exit code is 0 only if the door did what the specification says.
"""

import argparse
import asyncio
import sys

from phone import Ended, Silence, Wrong
from phone.claiming import claim
from phone.probes.probing import probe
from phone.unlocking import unlock_fast, unlock_full
from phone.vault import Vault
from second import Refused


def radio(arguments):
    if arguments.virtual:
        from phone.virtual_radio import VirtualRadio

        return VirtualRadio(arguments.virtual, arguments.mtu)
    from phone.bluetooth import Bluetooth

    return Bluetooth(arguments.adapter)


async def run(arguments):
    vault = Vault(arguments.state)
    async with radio(arguments) as air:
        if arguments.command == "claim":
            await claim(air, vault, arguments.secret)
        elif arguments.command == "open":
            await unlock_full(air, vault)
            print("opened: the full handshake, and a ticket")
            await unlock_fast(air, vault)
            print("opened: the fast path")
        elif arguments.command == "probe":
            if not await probe(air, vault, arguments.secret, arguments.only):
                raise Wrong("a case failed, or none was run")


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--virtual", metavar="HOST:PORT", help="a door on the virtual radio")
    where.add_argument("--adapter", metavar="NAME", help="a Bluetooth adapter of this machine, such as hci0")
    parser.add_argument("--mtu", type=int, default=247, help="ATT MTU of the virtual radio (default: 247)")
    parser.add_argument("--state", required=True, help="the file that the phone keeps")
    commands = parser.add_subparsers(dest="command", required=True)
    claiming = commands.add_parser("claim", help="make a factory-fresh door a property's")
    claiming.add_argument("secret", type=bytes.fromhex, help="the claim secret of the label, 32 hexadecimal digits")
    commands.add_parser("open", help="unlock by the full handshake, then on the fast path")
    probing = commands.add_parser("probe", help="send what the specification says to refuse, in the state the door is in")
    probing.add_argument("--secret", type=bytes.fromhex, help="of a factory-fresh door: the claim secret of its label")
    probing.add_argument("--only", nargs="+", default=[""], help="the cases with one of these in their section or words")
    return parser.parse_args()


if __name__ == "__main__":
    try:
        asyncio.run(run(parse()))
    except (Wrong, Refused, Silence, Ended) as failure:
        sys.exit(f"error: {type(failure).__name__.lower()}: {failure}")
