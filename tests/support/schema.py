#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Whether lines of JSON are as a JSON Schema says.

Usage: schema.py [--torn N] SCHEMA FILE...
--torn N: just so many lines are no JSON, because the test has torn them.
What gzip packed is unpacked. What stands behind the last newline is no line yet.
Prints what is wrong, at most five of it, and then how many lines were looked at.
Exit: 0 all are, 1 some are not, 2 wrong usage, 3 a file cannot be read, 77 nothing here can tell.
"""
import gzip
import json
import sys

try:
    from jsonschema import Draft202012Validator, FormatChecker
    from jsonschema.exceptions import best_match
except ImportError:
    print("no JSON Schema 2020-12 (python3-jsonschema)")
    sys.exit(77)

SHOWN = 5


def no_twice(pairs):
    members = dict(pairs)
    if len(members) < len(pairs):
        raise ValueError("a member that stands twice")
    return members


class Check:
    def __init__(self, schema):
        Draft202012Validator.check_schema(schema)
        self.validator = Draft202012Validator(schema, format_checker=FormatChecker())
        self.lines = self.torn = self.bad = 0

    def say(self, place, what):
        self.bad += 1
        if self.bad <= SHOWN:
            print(f"{place}: {what}"[:500])

    def line(self, place, line, torn):
        self.lines += 1
        try:
            value = json.loads(line, object_pairs_hook=no_twice)
        except ValueError as error:
            self.torn += 1
            if torn == 0:
                self.say(place, error)
            return
        error = best_match(self.validator.iter_errors(value))
        if error is not None:
            where = "/" + "/".join(str(part) for part in error.absolute_path)
            self.say(place, f"{where}: {error.message}")

    def file(self, path, torn):
        with open(path, "rb") as file:
            packed = file.read(2) == b"\x1f\x8b"
        with (gzip.open if packed else open)(path, "rb") as file:
            for number, line in enumerate(file, 1):
                if line.endswith(b"\n"):
                    self.line(f"{path}:{number}", line, torn)


def main(arguments):
    torn = 0
    if arguments[:1] == ["--torn"] and len(arguments) > 1:
        torn, arguments = int(arguments[1]), arguments[2:]
    if len(arguments) < 2:
        print(__doc__, file=sys.stderr)
        return 2
    try:
        with open(arguments[0], "rb") as file:
            check = Check(json.load(file))
        for path in arguments[1:]:
            check.file(path, torn)
    except (OSError, EOFError) as error:
        print(error)
        return 3
    if torn > 0 and check.torn != torn:
        check.say("torn lines", f"{check.torn}, not {torn}")
    print(f"{check.lines} lines, {check.bad} wrong")
    return 1 if check.bad else 0


sys.exit(main(sys.argv[1:]))
