#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Makes bad images of a good one.

Usage: mutate.py IMAGE FOLDER COUNT SEED plain|sealed
Writes COUNT files to FOLDER: 0, 1, ... and prints for each what it is. Each differs from IMAGE, in an
octet or several, in its length, or by a piece of it that stands elsewhere as well. Sealed ones have
the right SHA-256 in their trailer, so that they are refused for what is in them, if at all.
"""
import hashlib
import random
import sys


def flip(data, rng):
    for _ in range(rng.choice((1, 1, 1, 2, 8))):
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)


def overwrite(data, rng):
    at = rng.randrange(len(data))
    size = min(rng.choice((1, 2, 4, 8, 64)), len(data) - at)
    data[at:at + size] = rng.choice((b"\0", b"\xff", bytes([rng.randrange(256)]))) * size


def cut(data, rng):
    del data[rng.randrange(len(data)):]


def lengthen(data, rng):
    data += rng.randbytes(rng.choice((1, 4, 32, 4096)))


def move(data, rng):
    size = rng.choice((4, 16, 64))
    piece = data[rng.randrange(len(data)):][:size]
    at = rng.randrange(len(data))
    data[at:at + len(piece)] = piece


def take_out(data, rng):
    at = rng.randrange(len(data))
    del data[at:at + rng.choice((1, 4, 16))]


def main():
    path, folder, count, seed = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    sealed = sys.argv[5] == "sealed"
    rng = random.Random(seed)
    with open(path, "rb") as file:
        good = file.read()
    for i in range(count):
        data = bytearray(good)
        while data == good:
            how = rng.choice((flip, flip, overwrite, overwrite, move, cut, lengthen, take_out))
            how(data, rng)
            if sealed and len(data) > 32:
                data[-32:] = hashlib.sha256(data[:-32]).digest()
        with open(f"{folder}/{i}", "wb") as file:
            file.write(data)
        print(i, how.__name__)


main()
