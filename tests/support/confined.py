#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""
Whether all that a process did with files, as strace saw it, is within an AppArmor profile: for kernels
that have no AppArmor. Run in the process's own root folder.

  confined.py PROFILE LOCAL TRACE...

PROFILE is what apparmor_parser --preprocess makes of a profile, LOCAL the rules of its local include,
a TRACE one thread's, of 'strace -ff -y'. Prints what is not permitted, and the rules of LOCAL without
which all would be permitted as well. Exit: 0 neither, 1 some, 3 what is read is not understood.
"""
import os
import re
import sys

RULE = re.compile(r'^(?P<how>(?:(?:audit|deny|owner|allow)\s+)*)"?(?P<path>[/@][^\s"]*)"?\s+(?P<perms>[a-zA-Z]+)\s*,')
VARIABLE = re.compile(r'^(@\{\w+\})\s*(\+?=)\s*(.*)$')
CALL = re.compile(r'^(?:\d+ +)?(\w+)\((.*)\) += (-?\d+)(?:<(.*)>)?')
STRING = re.compile(r'"((?:[^"\\]|\\.)*)"')


def give_up(why):
    print('confined.py: %s' % why, file=sys.stderr)
    sys.exit(3)


class Rule:
    def __init__(self, how, path, perms, variables):
        self.text = '%s%s %s' % (how, path, perms)
        self.deny = 'deny' in how
        self.owner = 'owner' in how
        self.perms = set(perms) | ({'a'} if 'w' in perms else set())
        self.regex = re.compile(regex_of(path, variables) + r'\Z', re.S)


def regex_of(path, variables):
    """man apparmor.d, globbing; a star behind a slash stands for one character at least."""
    while True:
        name = re.search(r'@\{\w+\}', path)
        if not name:
            break
        if name.group() not in variables:
            give_up('no variable %s' % name.group())
        # '@{PROC}/sys' is '/proc//sys' otherwise.
        slash = '/' if path[name.end():name.end() + 1] == '/' else ''
        values = [v.rstrip(slash) if slash else v for v in variables[name.group()]]
        path = path[:name.start()] + '{%s}' % ','.join(values) + path[name.end():]
    out, at, depth = '', 0, 0
    while at < len(path):
        c = path[at]
        if c == '*':
            double = path[at:at + 2] == '**'
            end = at + (2 if double else 1)
            whole = path[at - 1:at] == '/' and path[end:end + 1] in ('', '/')
            out += ('.' if double else '[^/]') + ('+' if whole else '*')
            at = end
            continue
        if c == '[':
            end = path.index(']', at)
            out += path[at:end + 1]
            at = end
        elif c == '\\':
            at += 1
            out += re.escape(path[at])
        elif c == '{':
            out, depth = out + '(?:', depth + 1
        elif c == '}':
            out, depth = out + ')', depth - 1
        elif c == ',' and depth:
            out += '|'
        else:
            out += '[^/]' if c == '?' else re.escape(c)
        at += 1
    return out


def alternatives(path):
    """Without braces: each of them is to be needed."""
    inner = re.search(r'(?<!@)\{([^{}]*)\}', path)
    if not inner:
        return [path]
    return [whole for part in inner.group(1).split(',')
            for whole in alternatives(path[:inner.start()] + part + path[inner.end():])]


def read_rules(path, variables, apart):
    rules = []
    for line in open(path, encoding='utf-8'):
        line = re.sub(r'(^|\s)#.*', '', line).strip()
        variable = VARIABLE.match(line)
        if variable:
            known = variables.setdefault(variable.group(1), [])
            if variable.group(2) == '=':
                known.clear()
            known += variable.group(3).split()
        rule = RULE.match(line)
        if rule:
            paths = alternatives(rule['path']) if apart else [rule['path']]
            rules += [(rule['how'], p, rule['perms']) for p in paths]
        elif apart and line:
            give_up('no rule for a file: %s' % line)
    return rules


def unquote(text):
    return text.encode().decode('unicode_escape')


def resolved(path, descriptor):
    """The name as the kernel sees it: links in its folders followed."""
    if not path.startswith('/'):
        path = os.path.join(descriptor, path)
    return os.path.join(os.path.realpath(os.path.dirname(path)), os.path.basename(path))


def paths_of(args):
    """The path arguments, each with the folder that it may be relative to."""
    found = []
    for name in STRING.finditer(args):
        at = re.findall(r'<([^<>]*)>, *$', args[:name.start()])
        found.append(resolved(unquote(name.group(1)), at[0] if at else '/'))
    return found


def opened(args, result):
    if 'O_PATH' in args:
        return []  # what AppArmor does not look at
    path = result or paths_of(args)[0]
    if os.path.isdir(path) and not path.endswith('/'):
        path += '/'
    needs = 'rw' if 'O_RDWR' in args else 'w' if 'O_WRONLY' in args else 'r'
    if 'O_APPEND' in args and needs == 'w':
        needs = 'a'
    return [(path, needs + ('w' if re.search('O_CREAT|O_TRUNC', args) and 'w' not in needs else ''))]


def accesses_of(line):
    call = CALL.match(line)
    if not call:
        return []
    name, args, code, result = call.groups()
    if int(code) < 0:
        return []
    if name in ('open', 'openat', 'openat2', 'creat'):
        return opened(args, result)
    if name.startswith('rename'):
        old, new = paths_of(args)
        return [(old, 'rw'), (new, 'w')]
    if name in ('connect', 'bind'):
        return [(p, 'w') for p in paths_of(args)] if 'sun_path="' in args else []
    if name == 'mmap':
        file = re.search(r'\d+<(/[^<>]*)>', args)
        return [(file.group(1), 'm')] if file and 'PROT_EXEC' in args else []
    if name == 'flock' or (name == 'fcntl' and 'SETLK' in args):
        file = re.search(r'\d+<(/[^<>]*)>', args)
        return [(file.group(1), 'k')] if file else []
    if name.startswith(('link', 'symlink')):
        return [(p, 'l') for p in paths_of(args)]
    if name in ('fchmod', 'fchown', 'ftruncate'):
        file = re.search(r'\d+<(/[^<>]*)>', args)
        return [(file.group(1), 'w')] if file else []
    if name.startswith(('unlink', 'mkdir', 'rmdir', 'mknod', 'chmod', 'chown', 'fchmodat', 'fchownat', 'truncate')):
        return [(p, 'w') for p in paths_of(args)]
    return []


def read_trace(path, uid, found):
    """Whose a thread is may change at its beginning; those that it starts are that one's."""
    for line in open(path, encoding='utf-8', errors='replace'):
        call = re.match(r'setres?uid\((\d+).*\) += 0', line)
        if call:
            uid = int(call.group(1))
        for name, needs in accesses_of(line):
            # Pipes and sockets without a name; what this program itself cannot see is of the kernel.
            if name.startswith('/') and not name.endswith('(deleted)'):
                for need in needs:
                    found.setdefault((name, need, uid), line.strip())
    return uid


def owner_of(name, uid):
    try:
        return os.lstat(name).st_uid
    except OSError:
        return uid  # it made it, and it is gone


def permits(rules, name, need, own):
    fits = [r for r in rules if need in r.perms and (own or not r.owner) and r.regex.match(name)]
    return bool(fits) and not any(r.deny for r in fits)


def denied(rules, accesses):
    return [(name, need, line) for (name, need, own), line in accesses if not permits(rules, name, need, own)]


def main(profile, local, *traces):
    variables, found, uid, run = {}, {}, 0, ''
    base = [Rule(*rule, variables) for rule in read_rules(profile, variables, False)]
    added = [Rule(*rule, variables) for rule in read_rules(local, variables, True)]
    # The first thread of a run has the lowest number, and gives the rights up.
    for name, number in sorted((t.rsplit('.', 1)[0], int(t.rsplit('.', 1)[1])) for t in traces):
        uid = read_trace('%s.%d' % (name, number), uid if name == run else 0, found)
        run = name
    accesses = [((name, need, owner_of(name, who) == who), line) for (name, need, who), line in found.items()]
    if not accesses or not base:
        give_up('nothing to compare')
    bad = denied(base + added, accesses)
    for name, need, line in sorted(bad):
        print('not permitted: %s %s, as in: %s' % (name, need, line))
    for rule in added if not bad else []:
        if not denied(base + [r for r in added if r is not rule], accesses):
            print('not needed: %s' % rule.text)
            bad.append(rule)
    print('%d accesses, %d rules of the profile, %d of its local include' % (len(accesses), len(base), len(added)),
          file=sys.stderr)
    return 1 if bad else 0


if __name__ == '__main__':
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
