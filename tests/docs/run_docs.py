#!/usr/bin/env python3
r"""Runs every block of the README and the docs and compares its output.

Usage: run_docs.py CAPC_BINARY [--install PREFIX] [--update] [PAGE …]

--update writes what was seen into `console` blocks that differ; read the diff before you keep it.

The info string of a block says what it is:
  cap [file=NAME]         must compile (a block without `module` gets one); NAME keeps it
  cap error=CAPnnnn       must give exactly this diagnostic
  cap fragment            part of a module; only shown
  cap escaped             `\xNN` in it stands for that byte
  cap times=N             lines with `{n}` stand for N copies of them, with 0 to N-1 in its place
  capt [file=NAME]        must pass as a test file
  json|text file=NAME     a file that later blocks of the page read
  json, text, sh, cmake   only shown: `sh` blocks name the two scripts, which CI runs itself
  console                 `$ ` lines are run, in order, the rest is compared byte by byte; a line
                          `…` stands for any lines; `# exit N` after the output: the status
  cpp file=NAME           built and run against the installed package when --install is given
Pages under docs/diagnostics: the first `cap` block must give the page's code and no other, the later
ones, at least one, compile without a diagnostic. Nothing there is a fragment. The blocks of the pages
of findings (CAP10nn) are held against `capc lint` in place of `capc check`.
"""

import itertools
import os
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
# A mistake of the compiler itself: no text is known that gives it.
WITHOUT_EXAMPLE = {"CAP0799"}
SHOWN = {"sh", "cmake", "text", "json", "ebnf", "cpp", ""}
passed, failures = 0, []
seen = {}  # output of commands that differ from their page


def blocks(page):
    """(line, info string, body) of every fenced block."""
    lines, found, index = page.read_text().splitlines(), [], 0
    while index < len(lines):
        if lines[index].startswith("```"):
            start, info, body = index + 1, lines[index][3:].strip(), []
            index += 1
            while index < len(lines) and not lines[index].startswith("```"):
                body.append(lines[index])
                index += 1
            found.append((start, info, "\n".join(body) + "\n"))
        index += 1
    return found


def run(command, cwd, capc):
    env = dict(os.environ, PATH=f"{capc.parent}:{os.environ['PATH']}", NO_COLOR="1")
    done = subprocess.run(["bash", "-c", command], cwd=cwd, env=env, text=True, timeout=300,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return done.returncode, done.stdout


def matches(want, got):
    """Compares line by line; a line `…` stands for any lines. The ids of decisions are random."""
    decision = re.compile(r"(decision +)[0-9a-f]{32}")
    want, got = [decision.sub(r"\1id", line) for line in want], decision.sub(r"\1id", got)
    pattern = "".join(r"(?:.*\n)*?" if line.strip() == "…" else re.escape(line) + r"[ ]*\n"
                      for line in want)
    return re.fullmatch(pattern, got if got.endswith("\n") or not got else got + "\n") is not None


def console(body, cwd, capc):
    steps = []
    for line in body.splitlines():
        if line.startswith("$ "):
            steps.append([line[2:], [], None])
        elif line.startswith("# exit "):
            steps[-1][2] = int(line[7:])
        elif steps:
            steps[-1][1].append(line)
    for command, want, status in steps:
        while want and not want[-1].strip():
            want.pop()
        code, got = run(command, cwd, capc)
        got = re.sub(r"\n+\Z", "\n", got)
        if not matches(want, got):
            seen[command] = got
            return f"$ {command}\n--- page\n" + "\n".join(want) + f"\n--- seen (exit {code})\n{got}"
        if status is not None and status != code:
            return f"$ {command}: exit {code}, the page says {status}"
    return None


def repeated(body, times):
    """Each run of lines with `{n}`, so many times."""
    out = []
    for has_number, lines in itertools.groupby(body.splitlines(), lambda line: "{n}" in line):
        group = "\n".join(lines) + "\n"
        out += [group.replace("{n}", str(n)) for n in range(times)] if has_number else [group]
    return "".join(out)


def cap(info, body, cwd, capc, command="check"):
    name = re.search(r"file=(\S+)", info)
    times = re.search(r"times=(\d+)", info)
    if times:
        body = repeated(body, int(times.group(1)))
    text = body if re.search(r"^module\b", body, re.M) else "module page\n" + body
    path = cwd / (name.group(1) if name else "block.cap")
    path.parent.mkdir(parents=True, exist_ok=True)
    bytes_of = text.encode()
    if "escaped" in info.split():
        bytes_of = re.sub(rb"\\x([0-9A-F]{2})", lambda m: bytes([int(m[1], 16)]), bytes_of)
    path.write_bytes(bytes_of)
    code, out = run(f"capc {command} --format json {path.name}", path.parent, capc)
    seen = sorted(set(re.findall(r'"code":\s*"(CAP\d+)"', out)))
    want = re.findall(r"error=(CAP\d+)", info)
    if seen != want:
        return f"diagnostics {seen or 'none'}, the page says {want or 'none'}\n{out}"
    return None


def cpp(info, body, cwd, capc, prefix):
    name = re.search(r"file=(\S+)", info).group(1)
    (cwd / name).write_text(body)
    (cwd / "CMakeLists.txt").write_text(
        "cmake_minimum_required(VERSION 3.25)\nproject(page CXX)\nfind_package(capc REQUIRED)\n"
        f"add_executable(page {name})\ntarget_compile_features(page PRIVATE cxx_std_23)\n"
        "target_link_libraries(page capc::runtime)\n")
    code, out = run(f"cmake -G Ninja -S . -B b -DCMAKE_PREFIX_PATH={prefix} && cmake --build b",
                    cwd, capc)
    return None if code == 0 else out


def command_of(page):
    """What the blocks of a page are held against: a finding is no diagnostic of `check`."""
    return "lint" if page.stem.startswith("CAP10") else "check"


def examples(page, infos):
    """What is wrong with the choice of a diagnostic's examples, if anything."""
    caps = [info for info in infos if info.split()[:1] == ["cap"]]
    if page.parent.name != "diagnostics" or page.stem in WITHOUT_EXAMPLE:
        return None
    if any("fragment" in info for info in caps):
        return "a fragment shows nothing: give the whole module (`escaped`, `times=N` help)"
    return None if len(caps) >= 2 else "needs a failing example and a repaired one"


def check(page, number, info, body, cwd, capc, prefix, first_cap):
    kind = info.split()[0] if info else ""
    if kind == "cap":
        if "fragment" in info:
            return None
        if page.parent.name == "diagnostics" and first_cap and "error=" not in info:
            info += f" error={page.stem}"
        return cap(info, body, cwd, capc, command_of(page))
    if kind == "capt":
        name = re.search(r"file=(\S+)", info)
        path = cwd / (name.group(1) if name else "block.capt")
        path.write_text(body)
        code, out = run(f"capc test {path.name}", cwd, capc)
        return None if code == 0 else out
    if kind == "console":
        return console(body, cwd, capc)
    if kind == "cpp" and "file=" in info:
        return cpp(info, body, cwd, capc, prefix) if prefix else None
    if "file=" in info:
        path = cwd / re.search(r"file=(\S+)", info).group(1)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(body)
        return None
    return None if kind in SHOWN else f"unknown kind of block: `{info}`"


def update(page):
    """Puts what was seen in place of what the page says, command by command."""
    out, lines, index = [], page.read_text().splitlines(), 0
    while index < len(lines):
        line = lines[index]
        out.append(line)
        index += 1
        if line.startswith("$ ") and line[2:] in seen:
            while index < len(lines) and not lines[index].startswith(("$ ", "# exit ", "```")):
                index += 1
            out += seen[line[2:]].rstrip("\n").splitlines()
    page.write_text("\n".join(out) + "\n")


def main():
    global passed
    arguments = sys.argv[1:]
    updating = "--update" in arguments
    arguments = [a for a in arguments if a != "--update"]
    prefix = None
    if "--install" in arguments:
        at = arguments.index("--install")
        prefix = pathlib.Path(arguments[at + 1]).resolve()
        del arguments[at:at + 2]
    capc = pathlib.Path(arguments[0]).resolve()
    if not os.access(capc, os.X_OK):
        sys.exit(f"{capc}: no such command\n0 passed, 1 failed")
    pages = [pathlib.Path(p).resolve() for p in arguments[1:]] or [
        ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")),
        *sorted((ROOT / "policies").rglob("*.md"))]
    for page in pages:
        with tempfile.TemporaryDirectory() as folder:
            cwd = pathlib.Path(folder)
            for shared in ("policies", "stdlib"):
                (cwd / shared).symlink_to(ROOT / shared)
            first_cap = True
            problem = examples(page, [info for _, info, _ in blocks(page)])
            if problem is not None:
                failures.append(f"{page.relative_to(ROOT)}:1: {problem}")
            for number, info, body in blocks(page):
                problem = check(page, number, info, body, cwd, capc, prefix, first_cap)
                first_cap = first_cap and not info.startswith("cap ") and info != "cap"
                if problem is None:
                    passed += 1
                else:
                    failures.append(f"{page.relative_to(ROOT)}:{number}: {problem}")
        if updating and seen:
            update(page)
        seen.clear()
    for failure in failures:
        print(failure)
    print(f"{passed} passed, {len(failures)} failed")
    sys.exit(1 if failures else 0)


main()
