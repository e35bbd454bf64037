#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""An authoritative server of ill will: what it answers is a lie of the kind that the name tells.

Usage: lies.py READY
Listens on a free port of 127.0.0.1, UDP and TCP, writes its number to the file READY. The first label
of the name is the kind, with a number behind it that does not count:
  name     the answer to another question
  id       another number, again and again; never the right one
  tc       says by UDP that TCP is needed, and so by TCP
  alias    an alias to army.ml, and an address for that, from here
  target   MX that leads to a look-alike
  extra    besides the answer, records of other people's names: addresses, name servers
  loop     an alias to itself
  chain    an alias to the next number, without end
  noise    octets that are no message
  half     a message that ends in the middle of a record
  many     200 addresses
  silent   nothing
All others get an address.
"""
import random
import socket
import struct
import sys
import threading

A, NS, CNAME, MX = 1, 2, 5, 15


def wire(name):
    return b"".join(bytes([len(part)]) + part.encode("ascii") for part in name.split(".") if part) + b"\0"


def record(name, rtype, data, ttl=300):
    return wire(name) + struct.pack("!HHIH", rtype, 1, ttl, len(data)) + data


def parse(packet):
    at, parts = 12, []
    while packet[at]:
        parts.append(packet[at + 1:at + 1 + packet[at]].decode("latin-1"))
        at += packet[at] + 1
    return ".".join(parts), struct.unpack("!H", packet[at + 1:at + 3])[0], packet[12:at + 5]


def message(number, question, answer=(), authority=(), extra=(), flags=0x8400):
    head = struct.pack("!HHHHHH", number, flags, 1, len(answer), len(authority), len(extra))
    return head + question + b"".join((*answer, *authority, *extra))


def address(last):
    return bytes((203, 0, 113, last))


def lie(packet, tcp):
    """The messages that come for this one."""
    name, rtype, question = parse(packet)
    number = struct.unpack("!H", packet[:2])[0]
    label, _, rest = name.lower().partition(".")
    kind, count = label.rstrip("0123456789"), label.lstrip("abcdefghijklmnopqrstuvwxyz") or "0"
    true = [record(name, A, address(1))] if rtype == A else []
    if kind == "name":
        other = wire("other." + rest) + question[-4:]
        return [message(number, other, [record("other." + rest, A, address(66))])]
    if kind == "id":
        return [message(number ^ 1 << bit, question, [record(name, A, address(66))]) for bit in range(16)]
    if kind == "tc":
        return [message(number, question, flags=0x8600)]
    if kind == "alias":
        return [message(number, question, [record(name, CNAME, wire("army.ml")), record("army.ml", A, address(66))])]
    if kind == "target" and rtype == MX:
        return [message(number, question, [record(name, MX, b"\0\x0a" + wire("mail.army.ml"))])]
    if kind == "extra":
        return [message(number, question, true, [record("ml", NS, wire("ns." + rest)), record("mil", NS, wire("ns." + rest))],
                        [record("army.mil", A, address(66)), record("army.ml", A, address(66)),
                         record("example.com", A, address(66)), record("ns." + rest, A, address(66))])]
    if kind == "loop":
        return [message(number, question, [record(name, CNAME, wire(name))])]
    if kind == "chain":
        return [message(number, question, [record(name, CNAME, wire(f"chain{int(count) + 1}.{rest}"))])]
    if kind == "noise":
        return [packet[:2] + random.randbytes(60)]
    if kind == "half":
        return [message(number, question, [record(name, A, address(1))])[:-3]]
    if kind == "many" and rtype == A:
        some = [record(name, A, address(i)) for i in range(200)]
        return [message(number, question, some if tcp else [], flags=0x8400 if tcp else 0x8600)]
    if kind == "silent":
        return []
    return [message(number, question, true)]


def talk(client):
    try:
        with client:
            client.settimeout(5)
            while True:
                size = client.recv(2)
                if len(size) < 2:
                    return
                for answer in lie(client.recv(struct.unpack("!H", size)[0]), True):
                    client.sendall(struct.pack("!H", len(answer)) + answer)
    except OSError:
        pass


def accept(tcp):
    while True:
        client, _ = tcp.accept()
        threading.Thread(target=talk, args=(client,), daemon=True).start()


def main():
    udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    udp.bind(("127.0.0.1", 0))
    tcp = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    tcp.bind(udp.getsockname())
    tcp.listen()
    threading.Thread(target=accept, args=(tcp,), daemon=True).start()
    with open(sys.argv[1], "w", encoding="ascii") as file:
        file.write(f"{udp.getsockname()[1]}\n")
    while True:
        packet, client = udp.recvfrom(4096)
        for answer in lie(packet, False):
            udp.sendto(answer, client)


main()
