#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Reads lines of CEF:0 (ArcSight Common Event Format, revision 25) and prints each as JSON.

Stricter than collectors are: each key is one of the dictionary, stands once, and its value fits
its type and length; a custom field has its label; only what must be escaped is.
Usage: cef.py <FILE. Exit: 0 all lines are CEF, 1 with the line and what is wrong with it.
"""
import ipaddress
import json
import re
import sys

HEADER = ["vendor", "product", "version", "class", "name", "severity"]
# Lengths of texts; of the others what they must match.
TEXT = {"act": 63, "app": 31, "cat": 1023, "dhost": 1023, "dvchost": 100, "msg": 1023,
        "reason": 1023, "proto": 31}
TEXT.update({f"cs{i}": 4000 for i in range(1, 7)} | {f"flexString{i}": 1023 for i in (1, 2)})
MATCH = {"rt": r"-?[0-9]{1,15}", "spt": r"[0-9]{1,5}", "smac": r"[0-9A-F]{2}(:[0-9A-F]{2}){5}",
         "cn1": r"[0-9]{1,19}", "cn2": r"[0-9]{1,19}"}
LABELLED = re.compile(r"(cs[1-6]|cn[12]|flexString[12]|c6a2)(Label)?")


def need(good, what):
    if not good:
        raise ValueError(what)


def unescaped(text, special, controls):
    """A value without its escapes: backslash before another one, before special, n and r."""
    out, at = [], iter(text)
    for char in at:
        need(char.isprintable(), f"not printable: {char!r}")
        need(char not in special, f"{char} without a backslash")
        if char == "\\":
            char = next(at, "")
            need(char and char in "\\" + special + controls, f"a backslash before {char!r}")
            char = {"n": "\n", "r": "\r"}.get(char, char)
        out.append(char)
    return "".join(out)


def check(key, value):
    if key in ("src", "c6a2"):
        need(ipaddress.ip_address(value).version == (4 if key == "src" else 6), f"{key}={value}")
    elif key in MATCH:
        need(re.fullmatch(MATCH[key], value), f"{key}={value}")
    elif key.endswith("Label"):
        need(re.fullmatch(r"[A-Za-z0-9 ]+", value), f"{key}={value}")
    else:
        need(key in TEXT, f"no such key: {key}")
        need(len(value) <= TEXT[key], f"{key} is {len(value)} long")


def extension(text):
    pairs = re.split(r"(?:^| )([A-Za-z0-9_]+)=", text)
    need(pairs[0] == "", "does not start with a key")
    out = {}
    for key, raw in zip(pairs[1::2], pairs[2::2]):
        need(key not in out, f"{key} stands twice")
        need(raw == raw.strip(" "), f"{key}: blanks around its value")
        out[key] = unescaped(raw, "=", "nr")
        check(key, out[key])
    for key in out:
        labelled = LABELLED.fullmatch(key)
        other = labelled and (labelled[1] if labelled[2] else key + "Label")
        need(not labelled or other in out, f"{key} without {other}")
    return out


def parse(line):
    need(line.startswith("CEF:0|"), "no CEF:0")
    parts = re.match(r"CEF:0" + r"\|((?:[^|\\]|\\.)*)" * 6 + r"\|(.*)\Z", line)
    need(parts, "less than seven parts")
    out = {name: unescaped(part, "|", "") for name, part in zip(HEADER, parts.groups())}
    need(re.fullmatch(r"[0-9]|10", out["severity"]), "severity is not 0 to 10")
    need(out["name"] and out["class"], "no name")
    return out | {"extension": extension(parts[7])}


def main():
    for number, line in enumerate(sys.stdin.buffer.read().split(b"\n")[:-1], 1):
        try:
            print(json.dumps(parse(line.decode())))
        except ValueError as error:
            print(f"{number}: {error}: {line}", file=sys.stderr)
            return 1
    return 0


sys.exit(main())
