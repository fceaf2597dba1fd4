#!/usr/bin/env python3
"""Quotas of the calendar: what calendar_table.txt expects, against what the engine answers.

Usage: calendar_test.py CAPC_BINARY [--verbose]      prints what failed, then `N passed, N failed`;
with --verbose every row as it was expected and as it was seen.

Each row is put to `capc replay` with counters in the process and in a file. It is checked beside
that with Python's own reading of the time zone database, and docs/state.md has the sums of it.
"""

import dataclasses
import json
import pathlib
import re
import subprocess
import sys
import tempfile
from datetime import date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

ROOT = pathlib.Path(__file__).resolve().parents[2]
HEAD = re.compile(r"\[(\S+) (day|week|month) ((?:\d+h)(?: \d+m)?): (.+)\]$")
ROW = re.compile(r"(\S+Z) +(\w{3} [\d-]{10} [\d:]{8} [+-][\d:]{5})  ([\d-]{10} [\d:]{5})  "
                 r"([\d-]{10} [\d:]{5})  (permit (\d)|deny +(\S.*))$")
MINUTE = timedelta(minutes=1)
MICROSECOND = timedelta(microseconds=1)


@dataclasses.dataclass
class Row:
    line: int
    text: str
    at: datetime
    wall: str
    begin: datetime
    end: datetime
    verdict: str  # "permit 1", "deny 23h"


@dataclasses.dataclass
class Block:
    zone: str
    every: str
    lasts: str
    title: str
    line: int
    rows: list


def utc(text):
    form = "%Y-%m-%dT%H:%M:%S.%fZ" if "." in text else "%Y-%m-%dT%H:%M:%SZ"
    return datetime.strptime(text, form).replace(tzinfo=timezone.utc)


def read_table(text):
    blocks = []
    for line, text_line in enumerate(text.splitlines(), 1):
        if not text_line or text_line.startswith("#"):
            continue
        if head := HEAD.match(text_line):
            blocks.append(Block(*head.groups(), line, []))
        elif row := ROW.match(text_line):
            at, wall, begin, end, verdict = row.groups()[:5]
            minutes = [datetime.strptime(t, "%Y-%m-%d %H:%M").replace(tzinfo=timezone.utc)
                       for t in (begin, end)]
            blocks[-1].rows.append(Row(line, text_line, utc(at), wall, *minutes,
                                       " ".join(verdict.split())))
        else:
            sys.exit(f"calendar_table.txt:{line}: not a row: {text_line}")
    return blocks


# --- what Python says of the columns ---

def first_instant(zone, day):
    """When the wall shows that day, or a later one, for the first time."""
    at = datetime(day.year, day.month, day.day, tzinfo=timezone.utc) - timedelta(hours=30)
    while at.astimezone(zone).date() < day:
        at += MINUTE
    return at


def first_day(every, day, step):
    if every == "day":
        return day + timedelta(days=step)
    if every == "week":
        return day + timedelta(days=7 * step - day.weekday())
    month = day.year * 12 + day.month - 1 + step
    return date(month // 12, month % 12 + 1, 1)


def period(name, every, at, known={}):
    """The one that the instant lies in; where clocks went back over midnight, the later day's."""
    zone = ZoneInfo(name)
    for step in (0, 1):
        key = name, every, first_day(every, at.astimezone(zone).date(), step)
        if key not in known:
            known[key] = (first_instant(zone, key[2]),
                          first_instant(zone, first_day(every, key[2], 1)))
        if known[key][0] <= at < known[key][1]:
            return known[key]
    return None


def wall(zone, at):
    shown = at.astimezone(ZoneInfo(zone))
    offset = shown.strftime("%z")
    return shown.strftime("%a %Y-%m-%d %H:%M:%S ") + offset[:3] + ":" + offset[3:5]


def span(us):
    parts = []
    for size, unit in ((3_600_000_000, "h"), (60_000_000, "m"), (1_000_000, "s"), (1, "us")):
        if us >= size:
            parts.append(f"{us // size}{unit}")
            us %= size
    return " ".join(parts)


def wrong_by_python(block):
    for row in block.rows:
        if row.wall != wall(block.zone, row.at):
            yield row, f"the wall shows {wall(block.zone, row.at)}"
        if (row.begin, row.end) != period(block.zone, block.every, row.at):
            yield row, f"the period is {period(block.zone, block.every, row.at)}"


# --- what the engine says ---

def policy(blocks):
    """Of each block a counter of two calls a period, and one of its own for each row."""
    actions = "".join(f"action {name}{n} {{ row: int }}\n"
                      for n in range(len(blocks)) for name in ("call", "alone"))
    capabilities = "".join(
        f'  capability call{n} {{ consume 1 of quota(2, every: "{b.every}", zone: "{b.zone}") }}\n'
        f"  capability alone{n} "
        f'{{ consume 1 of quota(1, every: "{b.every}", zone: "{b.zone}") per row }}\n'
        for n, b in enumerate(blocks))
    return f"module calendar\nimport std.quota\n{actions}policy p {{\n{capabilities}}}\n"


def trace(blocks):
    for n, block in enumerate(blocks):
        for row in block.rows:
            at = row.at.isoformat().replace("+00:00", "Z")
            for name in ("call", "alone"):
                yield {"at": at, "request": {"tool": f"{name}{n}", "arguments": {"row": row.line}}}


class Engine:
    def __init__(self, capc, folder, blocks):
        self.capc, self.folder = pathlib.Path(capc).resolve(), folder
        (folder / "calendar.cap").write_text(policy(blocks))
        (folder / "grant.json").write_text('{"policy": "p", "subject": "s", "ttl": "36500d"}')
        lines = "".join(json.dumps(step) + "\n" for step in trace(blocks))
        # The grant is minted at the first line's time, and one block is of the year 2010.
        mint = json.dumps({"at": "2010-01-01T00:00:00Z",
                           "request": {"tool": "alone0", "arguments": {"row": 0}}})
        (folder / "trace.jsonl").write_text(mint + "\n" + lines)

    def run(self, *arguments):
        done = subprocess.run([self.capc, *arguments], cwd=self.folder, capture_output=True,
                              text=True)
        if done.returncode not in (0, 2):
            sys.exit(f"capc {' '.join(arguments)}: {done.stdout}{done.stderr}")
        return [json.loads(line) for line in done.stdout.splitlines()]

    def verdicts(self, *options):
        """Of each row, by its line: "permit 1", "deny 23h"."""
        seen = {}
        steps = self.run("replay", "--policy", "calendar.cap", "--grant", "grant.json", "--format",
                         "json", *options, "trace.jsonl")
        table = (self.folder / "trace.jsonl").read_text().splitlines()
        for step, line in zip(steps[1:-1], table[1:]):
            request = json.loads(line)["request"]
            if request["tool"].startswith("call"):
                decision = step["decision"]
                seen[request["arguments"]["row"]] = (
                    f"permit {decision['limits'][0]['remains']}" if decision["verdict"] == "permit"
                    else f"deny {span(decision['retry_after_us'])}")
        return seen

    def periods(self):
        """Of each row, by its line, as the file of the last run has it."""
        return {int(counter["key"]): (utc(counter["begin"]), utc(counter["end"]))
                for counter in self.run("state", "show", "--format", "json", "counters.db")
                if counter["limit"].startswith("alone")}


def documented(blocks, periods):
    """The sums of the table, as docs/state.md has them: the period of the second row of a block
    is the one that it is about."""
    lines = {}
    for block in blocks:
        begin, end = periods[block.rows[1].line]
        cell = f"{block.lasts} / {span((end - begin) // MICROSECOND)}"
        lines.setdefault((block.zone, block.title), {})[block.every] = cell
    return ["| " + " | ".join([*of, *(cells.get(every, "") for every in ("day", "week", "month"))])
            + " |" for of, cells in lines.items()]


def main():
    blocks = read_table((ROOT / "tests/state/calendar_table.txt").read_text())
    with tempfile.TemporaryDirectory() as folder:
        engine = Engine(sys.argv[1], pathlib.Path(folder), blocks)
        stores = {"memory": engine.verdicts(), "sqlite": engine.verdicts("--state", "counters.db")}
        periods = engine.periods()
    failures, passed = [], 0
    for block in blocks:
        wrong = [(row.line, f"{row.text}\n  {what}, says Python")
                 for row, what in wrong_by_python(block)]
        about = block.rows[1]
        if block.lasts != span((about.end - about.begin) // MICROSECOND):
            wrong.append((block.line, f"the period does not last {block.lasts}"))
        for row in block.rows:
            begin, end = periods[row.line]
            seen = {name: verdicts[row.line] for name, verdicts in stores.items()}
            told = (f"{begin:%Y-%m-%d %H:%M}  {end:%Y-%m-%d %H:%M}  "
                    + ", ".join(f"{name} {verdict}" for name, verdict in seen.items()))
            if (begin, end) != (row.begin, row.end) or set(seen.values()) != {row.verdict}:
                wrong.append((row.line, f"{row.text}\n  seen {told}"))
            if "--verbose" in sys.argv:
                print(f"expected {row.text}\nseen{'':58}{told}")
        passed += len(block.rows) if not wrong else 0
        failures += [f"calendar_table.txt:{line}: {what}" for line, what in wrong]
    page = (ROOT / "docs/state.md").read_text().splitlines()
    failures += [f"docs/state.md lacks the row\n{line}" for line in documented(blocks, periods)
                 if line not in page]
    print("".join(f"FAILED {failure}\n" for failure in failures), end="")
    print(f"{passed} passed, {len(failures)} failed")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
