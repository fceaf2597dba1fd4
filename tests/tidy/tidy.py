#!/usr/bin/env python3
"""Holds the house rules that a compiler cannot: layers, sizes, codes <-> pages <-> tests.

Usage: tidy.py [ROOT]        prints one line a breach, then `N passed, N failed`; exit 1 on a breach.
"""

import pathlib
import re
import sys

ROOT = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parents[2])
MAX_FILE_LINES = 500
MAX_FUNCTION_LINES = 70
MAX_COLUMNS = 100
CODE_DIRS = ("runtime", "compiler", "tests")
breaches = []
passed = 0


def breach(path, line, text):
    where = path.relative_to(ROOT) if isinstance(path, pathlib.Path) else path
    breaches.append(f"{where}:{line}: {text}")


def rule(function):
    """Runs one rule; it passes when it adds no breach."""
    global passed
    before = len(breaches)
    function()
    if len(breaches) == before:
        passed += 1
        print(f"ok    {function.__name__}: {function.__doc__}")
    else:
        print(f"FAIL  {function.__name__}: {function.__doc__}")


def code_files(*suffixes, dirs=CODE_DIRS):
    for top in dirs:
        for path in sorted((ROOT / top).rglob("*")):
            if path.suffix in suffixes and path.is_file():
                yield path


def libraries():
    """Library name -> (folder, names it links), from the capc_library() calls."""
    found = {}
    for cmake in sorted(ROOT.glob("*/**/CMakeLists.txt")):
        if "build" in cmake.relative_to(ROOT).parts:
            continue
        text = re.sub(r"#.*", "", cmake.read_text())
        for call in re.finditer(r"capc_library\(\s*(\w+)([^)]*)\)", text):
            words = call.group(2).split()
            links, on = [], False
            for word in words:
                word = re.sub(r"\$<TARGET_NAME_IF_EXISTS:(\w+)>", r"\1", word)
                if word in ("LINKS", "PRIVATE_LINKS"):
                    on = True
                elif word == "SOURCES":
                    on = False
                elif on:
                    links.append(word)
            found[call.group(1)] = (cmake.parent.relative_to(ROOT).as_posix(), links)
    return found


def closure(name, libs, seen=None):
    seen = set() if seen is None else seen
    for link in libs.get(name, ("", []))[1]:
        if link not in seen:
            seen.add(link)
            closure(link, libs, seen)
    return seen


def layers():
    """a library includes only folders that it links; runtime never includes compiler"""
    libs = libraries()
    by_folder = {}
    for name, (folder, _) in libs.items():
        by_folder.setdefault(folder, []).append(name)
    for path in code_files(".h", ".cpp", ".def", dirs=("runtime", "compiler")):
        relative = path.relative_to(ROOT).as_posix()
        folder = "/".join(relative.split("/")[:2])
        own = by_folder.get(folder, [])
        allowed = {folder}
        for name in own:
            allowed |= {libs[link][0] for link in closure(name, libs) if link in libs}
        for number, line in enumerate(path.read_text().splitlines(), 1):
            include = re.match(r'\s*#include "((?:runtime|compiler)/\w+)/', line)
            if not include:
                continue
            target = include.group(1)
            if folder.startswith("runtime") and target.startswith("compiler"):
                breach(path, number, "runtime/ includes compiler/")
            elif own and target not in allowed and target in by_folder:
                breach(path, number, f"{folder} includes {target}, which its library does not link")


def confined():
    """ANTLR only in compiler/parse, Z3 in prove, yaml-cpp in import, LLVM in jit, simdjson in frame,
    hiredis and OpenSSL in redis, SQLite in sqlite"""
    homes = {"antlr4": "compiler/parse/", "llvm/": "runtime/jit/", "simdjson": "runtime/frame/",
             "yaml-cpp": "compiler/import/", "z3": "compiler/prove/", "hiredis": "runtime/redis/",
             "sqlite3": "runtime/sqlite/", "openssl": "runtime/redis/"}
    for path in code_files(".h", ".cpp", dirs=("runtime", "compiler")):
        relative = path.relative_to(ROOT).as_posix()
        for number, line in enumerate(path.read_text().splitlines(), 1):
            for word, home in homes.items():
                if re.match(rf'\s*#include [<"]{word}', line) and not relative.startswith(home):
                    breach(path, number, f"{word} outside {home}")


def file_sizes():
    """files at most 500 lines"""
    for path in code_files(".h", ".cpp", ".def", ".py", ".cmake"):
        count = len(path.read_text().splitlines())
        if count > MAX_FILE_LINES:
            breach(path, count, f"{count} lines; split it at a seam")
    for path in sorted([*(ROOT / "grammar").glob("*"), *(ROOT / "scripts").glob("*")]):
        count = len(path.read_text().splitlines())
        if path.is_file() and count > MAX_FILE_LINES:
            breach(path, count, f"{count} lines")


def columns():
    """lines at most 100 columns"""
    for path in code_files(".h", ".cpp"):
        for number, line in enumerate(path.read_text().splitlines(), 1):
            if len(line) > MAX_COLUMNS:
                breach(path, number, f"{len(line)} columns")


def function_sizes():
    """functions at most 70 lines"""
    opener = re.compile(r"^(\s*)(?!namespace|class|struct|enum|union|extern|#|//|\}).*\{\s*(//.*)?$")
    skip = re.compile(r"^\s*(namespace|class|struct|enum|union|extern|constexpr|inline constexpr|"
                      r"static const|const|TEST_SUITE)\b.*(=\s*\{|namespace.*\{|^\s*(class|struct)[^()]*\{)")
    for path in code_files(".h", ".cpp"):
        lines = path.read_text().splitlines()
        for start, line in enumerate(lines):
            match = opener.match(line)
            if not match or len(match.group(1)) > 2 or skip.match(line) or line.rstrip().endswith("= {"):
                continue
            close = match.group(1) + "}"
            for end in range(start + 1, len(lines)):
                if lines[end].startswith(close) and not lines[end].startswith(close + " else"):
                    # Count from where the signature begins.
                    begin = start
                    while begin > 0 and lines[begin - 1].strip() and not re.search(
                            r"[;{}]\s*(//.*)?$", lines[begin - 1]) and not lines[
                                begin - 1].lstrip().startswith(("//", "#", "template")):
                        begin -= 1
                    if end - begin + 1 > MAX_FUNCTION_LINES:
                        breach(path, begin + 1, f"function of {end - begin + 1} lines")
                    break


def test_text():
    """All text of tests, policies' tests and the standard library's tests."""
    texts = []
    for top in ("tests", "policies", "stdlib"):
        for path in (ROOT / top).rglob("*"):
            if path.suffix in (".cpp", ".capt", ".h", ".py", ".cap", ".jsonl") and path.is_file():
                texts.append(path.read_text(errors="replace"))
    return "\n".join(texts)


def diagnostics():
    """every diagnostic has a page and a test, every page a diagnostic"""
    table = ROOT / "compiler/diag/codes.def"
    rows = re.findall(r"^CODE\((\d+), (\w+),", table.read_text(), re.M)
    tests = test_text()
    pages = {p.stem for p in (ROOT / "docs/diagnostics").glob("CAP*.md")}
    for number, name in rows:
        code = f"CAP{int(number):04d}"
        if code not in pages:
            breach(table, 1, f"{code} ({name}) has no page docs/diagnostics/{code}.md")
        if code not in tests and f"Code::{name}" not in tests:
            breach(table, 1, f"{code} ({name}) is in no test")
    known = {f"CAP{int(number):04d}" for number, _ in rows}
    for page in sorted(pages - known):
        breach("docs/diagnostics", 1, f"{page}.md describes no diagnostic")
    numbers = [number for number, _ in rows]
    for number in sorted({n for n in numbers if numbers.count(n) > 1}):
        breach(table, 1, f"number {number} is used twice")


def decision_codes():
    """every decision code is described in docs/decision-codes.md and is in a test"""
    tables = sorted(ROOT.glob("runtime/**/decision_codes.def"))
    page = ROOT / "docs/decision-codes.md"
    described = page.read_text() if page.exists() else ""
    tests = test_text()
    for table in tables:
        # Rows below "// Reserved" have their place in the table and are reported by no engine yet.
        live, _, reserved = table.read_text().partition("// Reserved")
        row = re.compile(r'^CODE\((\w+),\s*"([\w-]+)"', re.M)
        for name, text in row.findall(live):
            if text not in tests and f"::k{name}" not in tests:
                breach(table, 1, f"{text} is in no test")
        for name, text in row.findall(live + reserved):
            if f"`{text}`" not in described:
                breach(table, 1, f"{text} is not described in docs/decision-codes.md")


def words():
    """no unfinished work and no private paths in what we ship"""
    unfinished = re.compile(r"\b(TO" r"DO|FIX" r"ME|X" r"XX|HA" r"CK)\b")
    private = re.compile(r"/work/(main|shared|\.library)|/tmp/bash")
    for path in [*code_files(".h", ".cpp", ".def", ".py", ".cmake", ".capt", ".txt"),
                 *sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md")),
                 *sorted((ROOT / "scripts").glob("*")), *sorted((ROOT / "stdlib").glob("*")),
                 *sorted((ROOT / "policies").rglob("*.*"))]:
        if path.is_dir() or path.name == "tidy.py":
            continue
        for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1):
            if unfinished.search(line):
                breach(path, number, "unfinished work is marked here; finish it or record a decision")
            if private.search(line):
                breach(path, number, "a path of somebody's machine")


def limits_table():
    """docs/limits.md is the limits of the code: names, values, places, codes"""
    page = ROOT / "docs/limits.md"
    declared = re.compile(r"constexpr \w+ (k\w+) = ([^;]+);")
    header = {}
    for name, value in declared.findall((ROOT / "runtime/base/limits.h").read_text()):
        header[name] = eval(re.sub(r"'|(?<=\d)u\b", "", value), {"__builtins__": {}})
    known = {f"CAP{int(number):04}" for table in ROOT.glob("compiler/diag/*.def")
             for number in re.findall(r"^CODE\((\d+)", table.read_text(), re.M)}
    for table in ROOT.glob("runtime/**/decision_codes.def"):
        known.update(re.findall(r'^CODE\(\w+,\s*"([\w-]+)"', table.read_text(), re.M))
    for path in code_files(".cpp", dirs=("runtime",)):
        known.update(re.findall(r'Fail\(\s*"([a-z-]+)"', path.read_text()))
    row = re.compile(r"^\| `(\w+)` \| ([\d,]+) \| [^|]+ \| `([^`]+)` \| ([^|]+) \|$")
    stated = set()
    for number, line in enumerate(page.read_text().splitlines(), 1):
        if not line.startswith("| `"):
            continue
        cells = row.match(line)
        if not cells:
            breach(page, number, "is no row `name`, value, of, `place`, what comes of it")
            continue
        name, value, place = cells[1], int(cells[2].replace(",", "")), ROOT / cells[3]
        stated.add(name)
        text = place.read_text() if place.exists() else ""
        own = {n: v for n, v in declared.findall(text)}
        if name in header:
            if header[name] != value:
                breach(page, number, f"{name} is {header[name]:,}")
            if f"limits::{name}" not in text:
                breach(page, number, f"{cells[3]} says nothing of limits::{name}")
        elif name not in own:
            breach(page, number, f"{name} is in neither limits.h nor {cells[3]}")
        elif eval(re.sub(r"'|(?<=\d)u\b", "", own[name]), {"__builtins__": {}}) != value:
            breach(page, number, f"{name} is {own[name]}")
        for code in re.findall(r"`([^`]+)`", cells[4]):
            if code not in known:
                breach(page, number, f"no code is {code}")
    for name in header:
        if name not in stated:
            breach(page, 1, f"{name} of limits.h is missing")


checks = (layers, confined, file_sizes, columns, function_sizes, diagnostics, decision_codes,
          limits_table, words)
for check in checks:
    rule(check)
for line in breaches:
    print(line)
failed = len(checks) - passed
print(f"{passed} passed, {failed} failed")
sys.exit(1 if failed else 0)
