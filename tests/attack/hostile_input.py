#!/usr/bin/env python3
"""Feeds `capc` what an attacker would: every run must end by itself with a code and an exit status.

Usage: hostile_input.py CAPC_BINARY

One line a case: what was given, exit status, code, seconds. A crash, a signal, a sanitizer's report,
a run over the time limit, or an answer without a code fails. Ends with `N passed, N failed`.
"""

import pathlib
import random
import re
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).parents[2]
SECONDS = 20  # a hostile input may not cost more, even under sanitizers
POLICY = ROOT / "policies/customer_support/policy.cap"
REQUESTS = ROOT / "policies/customer_support/requests"

passed, failed = 0, 0


def report(name, ok, status, code, seconds, note=""):
    global passed, failed
    passed, failed = passed + ok, failed + (not ok)
    print(f"{'ok  ' if ok else 'FAIL'} {name:44} exit {status:3}  {code:22} {seconds:6.2f} s {note}")


def run(capc, arguments, cwd, given=None):
    begin = time.monotonic()
    try:
        done = subprocess.run([capc, *arguments], cwd=cwd, input=given, timeout=SECONDS,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        return done.returncode, done.stdout.decode(errors="replace"), time.monotonic() - begin
    except subprocess.TimeoutExpired:
        return 999, "timed out", time.monotonic() - begin


def expect(capc, cwd, name, arguments, statuses, code, given=None):
    """The run ends with one of `statuses` and its output has `code` (a pattern)."""
    status, out, seconds = run(capc, arguments, cwd, given)
    found = re.search(code, out)
    clean = "Sanitizer" not in out and "runtime error:" not in out and status >= 0
    ok = clean and status in statuses and found is not None
    note = "" if ok else out[-300:].replace("\n", " | ")
    report(name, ok, status, found.group(0)[:22] if found else "-", seconds, note)


def sources(capc, cwd):
    action = b"module m\naction a { x: int }\npolicy p { capability a { require "
    deep = 100_000
    cases = {
        "empty file": (b"", "CAP0"),
        "only a comment": (b"// nothing\n", "CAP0"),
        "50 MB of text": (b"module m\n" + b"// padding padding padding\n" * 1_900_000, "too large|larger|limit|CAP0"),
        "100,000 nested parentheses": (action + b"(" * deep + b"1" + b")" * deep + b" == 1 } }\n", "CAP0"),
        "100,000 open brackets": (action + b"[" * deep, "CAP0"),
        "100,000 nested lists of types": (b"module m\nrecord R { x: " + b"list<" * deep + b"int" + b">" * deep + b" }\n", "CAP0"),
        "100,000 times not": (action + b"not " * deep + b"true } }\n", "CAP0"),
        "100,000 times minus": (action + b"- " * deep + b"1 == x } }\n", "CAP0"),
        "100,000 times and": (action + b"x == 1 and " * deep + b"true } }\n", "CAP0"),
        "100,000 times plus": (action + b"1 + " * deep + b"1 == x } }\n", "CAP0"),
        "100,000 members": (action + b"x" + b".y" * deep + b" == 1 } }\n", "CAP0"),
        "100,000 errors, a line each": (b"module m\n" + b"bogus thing here\n" * deep, "CAP0"),
        "a name of a megabyte": (b"module " + b"a" * 1_000_000, "CAP0"),
        "a string of a megabyte": (action + b'"' + b"a" * 1_000_000 + b'" == x } }\n', "CAP0"),
        "an unterminated string": (action + b'"abc', "CAP0"),
        "an unterminated back-quote": (b"module `abc", "CAP0"),
        "invalid UTF-8": (b"module m\n// \xff\xfe\xc0\xaf\n", "CAP0101"),
        "a surrogate in UTF-8": (b"module m // \xed\xa0\x80\n", "CAP0101"),
        "NUL": (b"module m\n\x00\n", "CAP0102"),
        "an escape sequence": (b"module m // \x1b[31m\n", "CAP0102"),
        "an integer of 5,000 digits": (action + b"x == " + b"9" * 5000 + b" } }\n", "CAP0"),
        "random bytes": (random.Random(1).randbytes(100_000), "CAP0"),
        "random printable text": ("".join(random.Random(2).choices(
            "abc{}()[]<>:,.\"`|+-*/= \n0123456789", k=100_000)).encode(), "CAP0"),
    }
    for name, (text, code) in cases.items():
        path = cwd / "hostile.cap"
        path.write_bytes(text)
        expect(capc, cwd, name, ["check", path.name], {1, 3}, code)
    crlf = cwd / "crlf.cap"
    crlf.write_bytes(POLICY.read_bytes().replace(b"\n", b"\r\n"))
    data = str(POLICY.with_suffix(".data.json"))
    expect(capc, cwd, "CRLF line ends (accepted)", ["check", "--data", data, crlf.name], {0}, "ok|")
    expect(capc, cwd, "no such file", ["check", "absent.cap"], {1}, "absent.cap")
    expect(capc, cwd, "a folder as a file", ["check", "."], {1}, r"\.")


def bundles(capc, cwd):
    bundle = cwd / "policy.capb"
    status, out, _ = run(capc, ["compile", str(POLICY), "--emit", "bundle", "-o", str(bundle)], cwd)
    if status != 0:
        report("a bundle to attack", False, status, "-", 0, out[-300:])
        return
    whole = bundle.read_bytes()
    grant, request = eval_inputs()
    arguments = ["eval", "--policy", "hostile.capb", "--grant", grant, request]
    hostile = cwd / "hostile.capb"

    def case(name, data, statuses=frozenset({3}), code="bundle-[a-z]+"):
        hostile.write_bytes(data)
        expect(capc, cwd, name, arguments, statuses, code)

    case("bundle: empty", b"")
    case("bundle: 50 MB of zeros", bytes(50_000_000))
    case("bundle: random bytes", random.Random(3).randbytes(10_000))
    case("bundle: trailing bytes", whole + b"x")
    for part in (1, 7, 8, 16, 40, 63, len(whole) // 2, len(whole) - 1):
        case(f"bundle: cut to {part} bytes", whole[:part])
    chooser = random.Random(4)
    for _ in range(8):
        at, bit = chooser.randrange(len(whole)), chooser.randrange(8)
        flipped = bytearray(whole)
        flipped[at] ^= 1 << bit
        case(f"bundle: bit {bit} of byte {at} flipped", bytes(flipped))


def eval_inputs():
    return (str(ROOT / "policies/customer_support/grant.json"),
            str(sorted(REQUESTS.glob("*.json"))[0]))


def requests(capc, cwd):
    grant, good = eval_inputs()
    text = pathlib.Path(good).read_bytes()
    cases = {
        "request: empty": b"",
        "request: not JSON": b"hello",
        "request: cut in the middle": text[:len(text) // 2],
        "request: 100,000 open brackets": b"[" * 100_000,
        "request: 100,000 nested objects": b'{"a":' * 100_000,
        "request: 5 MB": b'{"tool":"' + b"a" * 5_000_000 + b'"}',
        "request: invalid UTF-8": b'{"tool":"\xff\xfe"}',
        "request: a lone surrogate": b'{"tool":"\\ud800"}',
        "request: NUL in a name": b'{"tool":"a\\u0000b","arguments":{}}',
        "request: a doubled key": b'{"tool":"a","tool":"a","arguments":{}}',
        "request: an array": b"[1,2,3]",
        "request: 100,000 arguments": b'{"tool":"process_refund","arguments":{' + b",".join(
            b'"k%d":1' % i for i in range(100_000)) + b"}}",
        "request: a number of 100,000 digits":
            b'{"tool":"process_refund","arguments":{"order_id":"a","amount":' + b"9" * 100_000 + b"}}",
    }
    for name, data in cases.items():
        expect(capc, cwd, name, ["eval", "--policy", str(POLICY), "--grant", grant, "-"],
               {1, 2}, r"unknown_tool|bad_json|oversize|duplicate_key|undeclared_argument|"
               r"bad_argument|bad_request|malformed|limit|request", given=data)
    for name, data in {"grant: empty": b"", "grant: 100,000 brackets": b"[" * 100_000,
                       "grant: an unknown policy": b'{"policy":"nope","subject":"a","ttl":"1h"}'}.items():
        path = cwd / "grant.json"
        path.write_bytes(data)
        expect(capc, cwd, name, ["eval", "--policy", str(POLICY), "--grant", "grant.json", good],
               {1}, r"error|grant|policy")


def main():
    capc = str(pathlib.Path(sys.argv[1]).resolve())
    with tempfile.TemporaryDirectory() as folder:
        cwd = pathlib.Path(folder)
        sources(capc, cwd)
        bundles(capc, cwd)
        requests(capc, cwd)
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


main()
