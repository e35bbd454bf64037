#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Asks 127.0.0.1 for localhost, every 20 ms, until it is told to stop by SIGTERM.

As a stub resolver does, a question that has brought no answer is sent again, here every 100 ms, for
five seconds. At the end: asked=N answered=N again=N longest_ms=N, where again counts the questions
that were sent more than once, and longest is the longest wait for an answer.
"""
import signal
import socket
import struct
import sys
import time

STOP = []
signal.signal(signal.SIGTERM, lambda *_: STOP.append(True))


def packet(number):
    header = struct.pack("!6H", number, 0x0100, 1, 0, 0, 0)
    return header + b"\x09localhost\x00" + struct.pack("!2H", 1, 1)


def ask(number):
    """How long the answer took, in seconds, and how often it was asked; None without an answer."""
    began = time.monotonic()
    sent = 0
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as link:
        link.settimeout(0.1)
        link.connect(("127.0.0.1", 53))
        while time.monotonic() - began < 5:
            again = time.monotonic() + 0.1
            sent += 1
            try:
                link.send(packet(number))
                while True:
                    reply = link.recv(512)
                    # NOERROR with an answer, to this question.
                    if reply[:2] == struct.pack("!H", number) and reply[3] & 15 == 0 and reply[7] > 0:
                        return time.monotonic() - began, sent
            except OSError:
                time.sleep(max(0, again - time.monotonic()))
    return None, sent


def main():
    asked = answered = again = 0
    longest = 0.0
    print("ready", flush=True)
    while not STOP:
        asked += 1
        took, sent = ask(asked & 0xFFFF)
        answered += took is not None
        again += sent > 1
        longest = max(longest, took or 5.0)
        time.sleep(0.02)
    print(f"asked={asked} answered={answered} again={again} longest_ms={longest * 1000:.0f}")


if __name__ == "__main__":
    sys.exit(main())
