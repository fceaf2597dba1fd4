"""What `capc lint` promises: formats, levels, statuses."""

import json

OPEN = """module m
action read { path: string
  resource "file://{path}" }
policy p {
  expires after 1h
  capability read on "file://*"
}
"""
DATA = """module m
data most: int
action read { n: int }
policy p {
  expires after 1h
  capability read {
    require n <= most
    require n <= most
    require n <= 50
  }
}
"""
GRAVE = "module m\n@risk(high)\naction pay { n: int }\npolicy p {\n  expires after 1h\n  capability pay\n}\n"


def lint(capc, check, validator):
    capc.file(OPEN)
    status, out, err = capc.run("lint", "policy.cap")
    check("a finding is a failure", status == 3 and "warning[CAP1026]" in out and not err
          and out.endswith("policy.cap: 1 warning\n"), out)
    status, out, err = capc.run("check", "policy.cap")
    check("check knows nothing of it", status == 0 and "CAP1026" not in out, out)
    for code in ("CAP1026", "all"):
        status, out, _ = capc.run("lint", "--deny", code, "policy.cap")
        check(f"--deny {code} makes it an error", status == 3 and "error[CAP1026]" in out
              and out.endswith("policy.cap: 1 error\n"), out)
        status, out, _ = capc.run("lint", "--deny", "all", "--allow", code, "policy.cap")
        check(f"--allow {code} leaves it out", status == 0 and out == "policy.cap: ok\n", out)
    for code in ("CAP0301", "CAP9999", "nothing"):
        status, _, err = capc.run("lint", "--deny", code, "policy.cap")
        check(f"--deny {code} is wrong usage", status == 1 and code in err, err)
    _, out, _ = capc.run("lint", "--format", "json", "--deny", "CAP1026", "policy.cap")
    finding = json.loads(out)
    check("a finding in JSON", (finding["code"], finding["severity"], finding["line"])
          == ("CAP1026", "error", 6), out)
    _, out, _ = capc.run("lint", "--format", "sarif", "policy.cap")
    log = json.loads(out)
    run = log["runs"][0]
    check("findings in SARIF", not list(validator.iter_errors(log))
          and [r["level"] for r in run["results"]] == ["warning"]
          and "capc lint" in run["tool"]["driver"]["rules"][0]["help"]["text"], out)
    (capc.folder / "below").mkdir()
    capc.file(GRAVE, "below/grave.cap")
    status, out, _ = capc.run("lint", ".")
    check("a folder is what is below it", status == 3 and "error[CAP1027]" in out
          and "warning[CAP1026]" in out and "./below/grave.cap: 1 error\n" in out, out)
    capc.file(GRAVE, "grave.cap")
    status, out, _ = capc.run("lint", "policy.cap", "grave.cap")
    check("an error is a failure, of several files too", status == 3 and "error[CAP1027]" in out, out)
    capc.file(DATA)
    capc.file('{"most": 10}', "policy.data.json")
    status, out, _ = capc.run("lint", "policy.cap")
    check("nothing is concluded from data", status == 3 and out.count("CAP10") == 1
          and "policy.cap:8:5" in out, out)
    status, out, _ = capc.run("lint", "-", text="module m\npolicy p { capability a }\n")
    check("a policy that does not compile says so", status == 3 and "CAP0206" in out, out)
    status, _, err = capc.run("lint", "missing.cap")
    check("lint of no file", status == 1 and "missing.cap" in err, err)
    capc.file(OPEN.replace("*\"\n", "*\"  // lint: allow CAP1026 a sandbox\n"))
    status, out, _ = capc.run("lint", "--deny", "all", "policy.cap")
    check("a reason in the file leaves it out", status == 0 and out == "policy.cap: ok\n", out)
