#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""A resolver of ill will, or of bad luck, in front of an honest one.

Usage: liar.py MODE PORT READY
Listens on a free port of 127.0.0.1, writes its number to the file READY, and until it is killed:
  lose     loses the first packet of each question, and passes the rest on to PORT
  forge    answers at once, wrongly, with another number and question, then passes on
  drip     says by UDP that TCP is needed, and by TCP sends one octet a second, of 600
  silent   answers nothing
  slow     answers half a second later
  keep     keeps back what it has on A records, until there is a file READY.go
  honest   passes all on to PORT
Each question that comes by UDP becomes a line in the file READY.asked: its name and its type.
"""
import os
import socket
import sys
import threading
import time


def question(packet):
    end = 12
    while packet[end]:
        end += packet[end] + 1
    return packet[12:end + 5]


def words(packet):
    name, at = [], 12
    while packet[at]:
        name.append(packet[at + 1:at + 1 + packet[at]].decode("latin-1"))
        at += packet[at] + 1
    return f"{'.'.join(name).lower()} {int.from_bytes(packet[at + 1:at + 3], 'big')}\n"


def ask(port, packet):
    """What the honest one says; None when it says nothing, which then is what the asker gets."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as up:
        up.settimeout(3)
        try:
            up.sendto(packet, ("127.0.0.1", port))
            return up.recv(4096)
        except OSError:
            return None


def keep(udp, go, answer, client):
    while not os.path.exists(go):
        time.sleep(0.02)
    udp.sendto(answer, client)


def drip(listener):
    while True:
        client, _ = listener.accept()
        threading.Thread(target=slowly, args=(client,), daemon=True).start()


def slowly(client):
    try:
        for octet in b"\x02\x58" + bytes(600):
            client.send(bytes([octet]))
            time.sleep(1)
    except OSError:
        pass


def main():
    mode, port, ready = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    udp.bind(("127.0.0.1", 0))
    tcp = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    tcp.bind(udp.getsockname())
    tcp.listen()
    threading.Thread(target=drip, args=(tcp,), daemon=True).start()
    with open(ready, "w", encoding="ascii") as file:
        file.write(f"{udp.getsockname()[1]}\n")
    seen = set()
    asked = open(ready + ".asked", "w", buffering=1, encoding="latin-1")
    while True:
        packet, client = udp.recvfrom(4096)
        name = question(packet)
        asked.write(words(packet))
        if mode == "drip":
            head = packet[:2] + b"\x83\x80" + packet[4:6] + bytes(6)
            udp.sendto(head + name, client)
        elif mode == "lose" and name not in seen:
            seen.add(name)
        elif mode != "silent":
            honest = ask(port, packet)
            if honest is None:
                continue
            if mode == "forge":
                number = bytes([honest[0] ^ 1, honest[1]])
                udp.sendto(number + b"\x81\x80" + honest[4:6] + bytes(6) + name, client)
                other = b"\x07another" + name
                udp.sendto(honest[:2] + b"\x81\x80" + honest[4:6] + bytes(6) + other, client)
            if mode == "slow":
                threading.Timer(0.5, udp.sendto, (honest, client)).start()
            elif mode == "keep" and words(packet).endswith(" 1\n"):
                threading.Thread(target=keep, args=(udp, ready + ".go", honest, client), daemon=True).start()
            else:
                udp.sendto(honest, client)


main()
