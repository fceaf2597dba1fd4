#!/usr/bin/env python3
"""What `capc` promises beside decisions: explain, SARIF, fixes, costs, layout, findings.

Usage: cli_test.py CAPC_BINARY        prints what failed, then `N passed, N failed`.

Needs python3-jsonschema, and the official SARIF schema that stands in tests/sarif.
"""

import functools
import json
import os
import pathlib
import re
import shutil
import stat
import subprocess
import sys
import tempfile

import jsonschema

sys.dont_write_bytecode = True  # beside the tests there is nothing but tests
import act_tests
import corpus_tests
import explain_tests
import fmt_cases
import import_tests
import lint_cases
import project_tests
import state_tests
from counted import counted
from narrowing import narrowing

ROOT = pathlib.Path(__file__).resolve().parents[2]
SCHEMA = json.loads((ROOT / "tests/sarif/sarif-schema-2.1.0.json").read_text())
passed, failures = 0, []


def check(what, held, seen=""):
    global passed
    if held:
        passed += 1
    else:
        failures.append(f"FAILED {what}{': ' if seen else ''}{str(seen)[:2000]}")


class Capc:
    """The binary alone in a folder: whatever it shows, it carries."""

    def __init__(self, binary, folder):
        self.folder = folder
        self.binary = folder / "capc"
        shutil.copy(binary, self.binary)

    def run(self, *arguments, text=None):
        done = subprocess.run([self.binary, *arguments], cwd=self.folder, input=text, text=True,
                              capture_output=True, timeout=120, env=dict(os.environ, NO_COLOR="1"))
        return done.returncode, done.stdout, done.stderr

    def file(self, text, name="policy.cap"):
        path = self.folder / name
        path.write_text(text)
        return path


def first_example(page):
    """The failing example of a page, unless it is one that only a program can write down."""
    found = re.search(r"^```cap([^\n]*)\n(.*?)^```", page.read_text(), re.M | re.S)
    if not found or found.group(1).strip():
        return None
    text = found.group(2)
    return text if re.search(r"^module\b", text, re.M) else "module page\n" + text


def explain(capc):
    rows = re.findall(r"^CODE\((\d+),", (ROOT / "compiler/diag/codes.def").read_text(), re.M)
    decisions = re.findall(r'^CODE\(\w+,\s*"(\w+)"',
                           (ROOT / "runtime/include/cap/decision_codes.def").read_text(), re.M)
    codes = [f"CAP{int(row):04d}" for row in rows] + decisions
    status, out, _ = capc.run("explain")
    listed = [line.split()[0] for line in out.splitlines()]
    check("explain lists every code", status == 0 and listed == codes, out)
    for code in codes:
        status, out, _ = capc.run("explain", code)
        check(f"explain {code}", status == 0 and out.startswith(f"{code}: ")
              and len(out.splitlines()) >= 3, out)
    for row in rows:
        code = f"CAP{int(row):04d}"
        page = (ROOT / f"docs/diagnostics/{code}.md").read_text()
        heading, _, rest = page.partition("\n")
        status, out, _ = capc.run("explain", "--json", code)
        got = json.loads(out)
        check(f"explain --json {code} is the page", got["text"].strip() == rest.strip()
              and heading == f"# {code}: {got['title']}", out)
    status, out, err = capc.run("explain", "cap301")
    check("codes may be written loosely", status == 0 and out.startswith("CAP0301: "), out + err)
    status, out, err = capc.run("explain", "CAP9301")
    check("an unknown code", status == 1 and "did you mean `CAP0301`?" in err and not out, err)
    status, out, err = capc.run("explain", "no_such_thing_at_all")
    check("a hopeless code", status == 1 and "lists all" in err, err)


def regions(value):
    if isinstance(value, dict):
        for key, item in value.items():
            if key in ("region", "deletedRegion"):
                yield item
            yield from regions(item)
    elif isinstance(value, list):
        for item in value:
            yield from regions(item)


def sarif(capc):
    validator = jsonschema.Draft4Validator(SCHEMA)
    check("the schema refuses what is no SARIF", not validator.is_valid(
        {"version": "2.1.0", "runs": [{"results": []}]}))

    def log_of(*files):
        status, out, err = capc.run("check", "--format", "sarif", *files)
        log = json.loads(out)
        problems = [f"{list(e.path)}: {e.message}" for e in validator.iter_errors(log)]
        check(f"{files}: the log fits the schema", not problems, problems)
        return status, log, log["runs"][0], err

    eight = ROOT / "tests/golden/diagnostics/eight.cap"
    text = eight.read_bytes()
    status, log, run, _ = log_of(str(eight))
    results, rules = run["results"], run["tool"]["driver"]["rules"]
    check("one result a diagnostic", status == 3 and len(results) == 8, len(results))
    for result in results:
        check("a result names its rule", rules[result["ruleIndex"]]["id"] == result["ruleId"])
        check("its file is a URI", result["locations"][0]["physicalLocation"]["artifactLocation"]
              ["uri"] == f"file://{eight}")
    for region in regions(results):
        lines = text[:region["byteOffset"]].decode().split("\n")
        check("line, column and offset agree", region["startLine"] == len(lines)
              and region["startColumn"] == len(lines[-1]) + 1, region)
    check("rules explain themselves", all("```" in rule["help"]["markdown"] for rule in rules))
    check("a certain repair is a fix", any(
        change["replacements"][0]["insertedContent"]["text"] == "amount" for result in results
        for fix in result.get("fixes", []) for change in fix["artifactChanges"]), results)

    status, _, run, _ = log_of("no such file.cap")
    check("a file that is not there is no success", status == 1 and run["results"] == []
          and run["invocations"][0]["executionSuccessful"] is False, run)
    capc.file("module ok\n", "a b%.cap")
    capc.file('module m // \U0001f600é\naction a { x: intt } // {0} "\n', "é.cap")
    status, _, run, _ = log_of("a b%.cap", "é.cap")
    place = run["results"][0]["locations"][0]["physicalLocation"]
    check("names of files are escaped", place["artifactLocation"]["uri"] == "%C3%A9.cap", place)
    text = run["results"][0]["message"]["text"]
    check("one run for all files", status == 3 and len(run["results"]) == 1 and "`intt`" in text)
    (capc.folder / "bytes.cap").write_bytes(b"module m\n// \xff {0}\n\x1b")
    log_of("bytes.cap")
    for page in sorted((ROOT / "docs/diagnostics").glob("CAP*.md")):
        example = first_example(page)
        if example:
            capc.file(example, "page.cap")
            log_of("page.cap")


HEAD = """module m
approver manager
enum State { "open", "closed" }
record Order { state: State, total: money in "USD" }
action pay { id: string, amount: money in "USD", to: email, note: string?
  fact order: Order for id }
policy p { capability pay { BODY } }
"""

# The body, what becomes of it, and the codes that are mended.
REPAIRS = [
    ("require amonut <= 5.00 USD", "require amount <= 5.00 USD", ["CAP0301"]),
    ('require order.stat == "open"', 'require order.state == "open"', ["CAP0302"]),
    ('require order.state == "opne"', 'require order.state == "open"', ["CAP0403"]),
    ("require order.state == open", 'require order.state == "open"', ["CAP0301"]),
    ("require amount <= 500", "require amount <= 500 USD", ["CAP0402"]),
    ("require amount <= 500.00", "require amount <= 500.00 USD", ["CAP0402"]),
    ('require to.domain == "Company.com"', 'require to.domain == "company.com"', ["CAP0404"]),
    ("requier amount <= 5.00 USD", "require amount <= 5.00 USD", ["CAP0207"]),
    ("require sise(id) > 0", "require size(id) > 0", ["CAP0409"]),
    ("require amonut <= 500.00 USD\n  require order.totl > amount",
     "require amount <= 500.00 USD\n  require order.total > amount", ["CAP0301", "CAP0302"]),
]


def outputs(capc):
    """What is written goes nowhere where it would be lost, or where something else would."""
    path = capc.file(HEAD.replace("BODY", "require amount <= 500.00 USD"))
    held = path.read_text()
    for name in ("policy.cap", "./policy.cap"):
        status, _, err = capc.run("compile", "policy.cap", "-o", name)
        check("a bundle is not written over its policy", status == 1 and "is a source" in err
              and path.read_text() == held, err)
    for words in (["check", "policy.cap"], ["fmt", "-"], ["explain", "CAP0301"],
                  ["explain"], ["compile", "policy.cap", "--emit", "ir"]):
        with open("/dev/full", "w") as full:
            done = subprocess.run([capc.binary, *words], cwd=capc.folder, stdout=full, text=True,
                                  input=held, stderr=subprocess.PIPE, timeout=120)
        check(f"{words[0]}: a full disk is no success", done.returncode == 1, done.stderr)


def fix(capc):
    for body, repaired, codes in REPAIRS:
        path = capc.file(HEAD.replace("BODY", body))
        _, before, _ = capc.run("check", "--format", "json", "policy.cap")
        with_fixes = [d for d in map(json.loads, before.splitlines()) if d.get("fixes")]
        check(f"{body}: json has the fix", [d["code"] for d in with_fixes] == codes, before)
        status, out, err = capc.run("check", "--fix", "policy.cap")
        told = re.findall(r"^fixed (CAP\d+) at policy\.cap:\d+:\d+: ", out, re.M)
        check(f"{body}: says what it did", told == codes, out + err)
        check(f"{body}: is mended", path.read_text() == HEAD.replace("BODY", repaired),
              path.read_text())
        check(f"{body}: compiles", status == 0 and capc.run("check", "policy.cap")[0] == 0, out)
    library = "module m\naction a { n: int }\npolicy p { capability a { maxRows(5) of n } }\n"
    path = capc.file(library)
    status, out, _ = capc.run("check", "--fix", "policy.cap")
    check("an import is added", status == 0 and path.read_text() ==
          library.replace("module m\n", "module m\nimport std.data\n"), path.read_text() + out)
    module = "module m\nimport std.mony\n"
    path = capc.file(module)
    status, out, _ = capc.run("check", "--fix", "policy.cap")
    check("a misspelt module", status == 0 and "import std.money\n" in path.read_text(), out)
    keyword = "module m\naction a { n: int }\nplicy p { capability a { require n > 1 } }\n"
    path = capc.file(keyword)
    status, out, _ = capc.run("check", "--fix", "policy.cap")
    check("a misspelt keyword", status == 0 and "\npolicy p" in path.read_text(), out)
    fix_refuses(capc)


def fix_refuses(capc):
    choice = "module m\naction a { max1: int, max2: int }\npolicy p { capability a { require max > 1 } }\n"
    path = capc.file(choice)
    status, out, _ = capc.run("check", "--fix", "policy.cap")
    check("of two names as near none is taken", status == 3 and path.read_text() == choice, out)
    status, out, err = capc.run("check", "--fix", "-", text=choice)
    check("standard input cannot be mended", status == 1 and "standard input" in err, err)
    path = capc.file(HEAD.replace("BODY", "require amonut <= 5.00 USD"))
    path.chmod(0o640)
    link = capc.folder / "link.cap"
    link.symlink_to(path.name)
    status, out, _ = capc.run("check", "--fix", "link.cap")
    check("a link stays one, and the mode stays", status == 0 and link.is_symlink()
          and stat.S_IMODE(path.stat().st_mode) == 0o640 and "amount <=" in path.read_text(), out)
    check("nothing is left behind", not list(capc.folder.glob("*.cap.*")))
    # What a fix was for is gone after it, on every page.
    for page in sorted((ROOT / "docs/diagnostics").glob("CAP*.md")):
        example = first_example(page)
        if not example:
            continue
        path = capc.file(example, "page.cap")
        _, out, err = capc.run("check", "--fix", "page.cap")
        told = re.findall(r"^fixed (CAP\d+) ", out, re.M)
        after = capc.run("check", "page.cap")[1]
        check(f"{page.stem}: a fix mends", "fix-useless" not in err and "would not mend" not in err
              and (path.read_text() == example) == (not told)
              and not any(f"[{code}]" in after for code in told), out + err)


def costs(capc):
    capc.file("module m\naction a { n: int, xs: list<int> max 10 }\naction b { n: int }\n"
              "policy p { capability a { require all(x in xs: x > 5) }\n"
              "  forbid a when n == 3\n  capability b { require n == 1 } }\npolicy empty { }\n")
    _, out, _ = capc.run("check", "policy.cap")
    # a: a load and a quantifier, 10 × (element, constant, less); the forbid: load, constant, equal.
    check("the worst case is that of the dearest tool", out ==
          "policy.cap: ok\n  p: at most 35 steps a call (a)\n  empty: at most 0 steps a call\n", out)
    _, out, _ = capc.run("check", "--format", "json", "policy.cap")
    got = [json.loads(line) for line in out.splitlines()]
    check("and in JSON", got == [
        {"policy": "p", "file": "policy.cap", "worst_case_steps": 35, "tool": "a",
         "counters": 0},
        {"policy": "empty", "file": "policy.cap", "worst_case_steps": 0, "tool": "",
         "counters": 0}], out)


def fmt(capc):
    fmt_cases.fmt(capc, check)


def lint(capc):
    lint_cases.lint(capc, check, jsonschema.Draft4Validator(SCHEMA))


def main():
    binary = pathlib.Path(sys.argv[1]).resolve()
    others = [functools.partial(test, check=check) for test in
              (import_tests.import_tools, act_tests.import_act, project_tests.init, project_tests.facts,
               state_tests.eval_state, state_tests.state, state_tests.replay,
               state_tests.refused_state, state_tests.keys, state_tests.settlements,
               explain_tests.explain_call, explain_tests.explain_counted,
               explain_tests.test_outputs, corpus_tests.corpus_banking)]
    for test in (explain, sarif, outputs, fix, costs, fmt, lint, *others):
        with tempfile.TemporaryDirectory() as folder:
            test(Capc(binary, pathlib.Path(folder)))
    with tempfile.TemporaryDirectory() as folder:
        narrowing(Capc(binary, pathlib.Path(folder)), check)
        counted(Capc(binary, pathlib.Path(folder)), check)
    for failure in failures:
        print(failure)
    print(f"{passed} passed, {len(failures)} failed")
    sys.exit(1 if failures else 0)


main()
