"""capc explain --policy, and what capc test tells."""

import json
import xml.etree.ElementTree as xml

POLICY = """module shop
approver user
record Line { sku: string, price: money in "USD" }
action pay of "pay" when amount > 0.00 USD { amount: money in "USD", lines: list<Line>, note: string?
  to: string = "a"
  fact known: bool for note
  resource "shop://till:{to}" }
policy a {
  capability main: pay on "shop://till:a" {
    require amount <= 5.00 USD or note is present and size(note) > 2
    require all(l in lines: l.price < 3.00 USD)
    require known
  }
  capability other: pay on "shop://till:b" { }
  forbid pay unless approved by user when amount == 4.00 USD
}
"""
GRANT = '{"policy": "a", "subject": "bot", "ttl": "1h"}'


def _explain(capc, *arguments, **call):
    request = {"tool": "pay", "arguments": {"lines": [], **call}}
    return capc.run("explain", "--policy", "policy.cap", "--grant", "grant.json", "--now",
                    "2026-01-01T00:00:00Z", *arguments, text=json.dumps(request))


def explain_call(capc, check):
    capc.file(POLICY)
    capc.file(GRANT, "grant.json")
    lines = [{"sku": "a", "price": 1}, {"sku": "b", "price": 3.5}, {"sku": "c", "price": 1}]
    status, out, err = _explain(capc, amount=7, note="no", lines=lines)
    text = out[out.index("\naction"):] if "\naction" in out else out + err
    squeezed = [" ".join(line.split()) for line in text.strip().splitlines()]
    check("every rule, clause and part", status == 2 and squeezed == [
        "action pay: the call is this action policy.cap:4:8",
        "when: true policy.cap:4:8", *squeezed[2:5],
        "forbid pay: does not act policy.cap:15:3", "forbid: false policy.cap:15:3",
        "amount == 4.00 USD false", "amount 7.00 USD",
        "capability main: a clause is not true policy.cap:9:14",
        "require: false policy.cap:10:5",
        "amount <= 5.00 USD or note is present and size(note) > 2 false",
        "amount <= 5.00 USD false", "amount 7.00 USD",
        "note is present and size(note) > 2 false", "note is present true",
        "size(note) > 2 false", "size(note) 2", 'note "no"',
        "require: skipped policy.cap:11:5", "require: fault policy.cap:12:5", "known fault",
        "capability other: is for other resources policy.cap:14:14"], "\n".join(squeezed))
    status, out, _ = _explain(capc, "--json", amount=4.5, note="yes", lines=lines)
    got = json.loads(out)
    rules = {(r["rule"], r["name"]): r for r in got["rules"]}
    clause = rules["capability", "main"]["clauses"][1]
    check("the same in JSON", status == 2 and got["decision"]["verdict"] == "deny"
          and [r["stage"] for r in got["rules"]] == ["yes", "no", "clauses", "resource"]
          and clause["outcome"] == "skipped", out)
    first = rules["capability", "main"]["clauses"][0]
    root = first["parts"][first["root"]]
    check("parts name each other", first["outcome"] == "true" and root["op"] == "or"
          and root["source"].startswith("amount <= 5.00 USD or")
          and [first["parts"][p]["value"] for p in root["parts"]] == ["true", "true"], out)
    quantified = next(p for p in clause["parts"] if p["op"] == "all")
    check("the element that decided", quantified["element"] == 1 and quantified["value"] == "false"
          and clause["parts"][quantified["parts"][1]]["value"] == "false", out)
    status, out, _ = _explain(capc, amount=4)
    check("a forbid that acts", "forbid pay: acts" in out and status == 2, out)
    status, out, _ = _explain(capc, amount=0)
    check("what the call is not", status == 2 and "action pay: the call is not this action" in out
          and "capability" not in out, out)
    status, out, _ = _explain(capc, amount="x")
    check("a malformed call has no rules", status == 2 and "bad_argument" in out
          and "\naction" not in out, out)
    capc.run("compile", "policy.cap")
    status, out, _ = capc.run("explain", "--policy", "policy.capb", "--grant", "grant.json",
                              "--now", "2026-01-01T00:00:00Z", text=json.dumps(
                                  {"tool": "pay", "arguments": {"amount": 1, "lines": []}}))
    check("a bundle has no words of its own", "money.lt" in out, out)
    check("a grant needs a policy", capc.run("explain", "--grant", "grant.json")[0] == 1)
    check("a policy needs a grant", capc.run("explain", "--policy", "policy.cap")[0] == 1)


COUNTED = """module shop
import std.quota
action pay { amount: int, to: string, lines: list<int> }
policy a {
  capability pay {
    maxPerDay(3)
    consume amount of quota(9, every: "month") per to
    rateLimit(5/hour) when amount > 4
  }
}
"""


def explain_counted(capc, check):
    """A limit is neither true nor false of one call: the call is counted, or it is not."""
    capc.file(COUNTED)
    capc.file(GRANT, "grant.json")
    for amount, guarded in ((2, "not counted"), (5, "counted")):
        status, out, err = _explain(capc, amount=amount, to="x")
        text = [" ".join(line.split()) for line in out[out.index("\naction"):].strip().splitlines()]
        check(f"what is counted: {amount}", status == 0 and text[2:5] == [
            "maxPerDay: true policy.cap:6:5", "maxPerDay(3) counted", "consume: true policy.cap:7:5"]
            and 'consume amount of quota(9, every: "month") per to counted' in text
            and f"rateLimit(5/hour) when amount > 4 {guarded}" in text
            and "false" not in out.replace("amount > 4                                false", ""),
            "\n".join(text) + err)


CAPT = """--- policy
module m
action a { n: int, b: bool = true }
policy p { capability a { require n < 3 and b or n == 9 } }

--- test: small <&">
call a {"n": 1}
=> permit

--- test: large
call a {"n": 5}
=> deny

--- test: wrong
call a {"n": 2}
=> deny
"""


def test_outputs(capc, check):
    capc.file(CAPT, "t.capt")
    status, out, _ = capc.run("test", "t.capt", "--filter", "*ar*", "--slowest", "5")
    check("a glob", status == 0 and out.endswith("\n1 passed, 0 failed\n")
          and out.splitlines()[0].endswith(" us  t.capt:10: large"), out)
    check("the whole title", capc.run("test", "t.capt", "--filter", "l?rge*")[1]
          == "1 passed, 0 failed\n")
    check("a part of it", capc.run("test", "t.capt", "--filter", "ar")[1] == "1 passed, 0 failed\n")
    check("no such test", capc.run("test", "t.capt", "--filter", "*x")[1] == "0 passed, 0 failed\n")
    status, out, _ = capc.run("test", "t.capt", "--format", "json", "--coverage=branches",
                              "--junit", "t.xml")
    rows = [json.loads(line) for line in out.splitlines()]
    check("JSON lines", status == 3 and [r.get("passed") for r in rows] == [
        True, True, False, None, 2] and rows[2]["message"] and rows[0]["message"] is None
          and rows[0]["place"] == "t.capt:6" and rows[4]["failed"] == 2, out)
    check("branches that no test takes", rows[3] == {
        "coverage": "branches", "source": "t.capt:1", "covered": 1, "all": 3, "missing": [
            "policy:3:45: `b` is never false", "policy:3:50: `n == 9` is never true"]}, out)
    suites = xml.parse(capc.folder / "t.xml").getroot()
    names = [case.get("name") for case in suites.iter("testcase")]
    check("JUnit's XML", suites.get("tests") == "4" and suites.get("failures") == "2"
          and names == ['small <&">', "large", "wrong", "coverage of branches"]
          and len(list(suites.iter("failure"))) == 2, names)
    capc.file("""\
--- policy
module m
action a { n: int }
policy p { capability a { require n < 5 } }

--- test: \x1b[31m \ufffe \uffff <
call a {"n": 7}
=> permit \x1b[31m
""", "odd.capt")
    status, out, err = capc.run("test", "odd.capt", "--junit", "odd.xml")
    check("no test moves a terminal's cursor", status == 3 and "\x1b" not in out + err, out + err)
    case = next(xml.parse(capc.folder / "odd.xml").getroot().iter("testcase"))
    check("XML of what XML cannot say", case.get("name") == "\ufffd[31m \ufffd \ufffd <",
          case.get("name"))
    status, out, err = capc.run("test", "t.capt", "--coverage=lines")
    check("an unknown coverage", status == 1 and "lines" in err, err)
    check("an unwritable report", capc.run("test", "t.capt", "--junit", "no/t.xml")[0] == 1)
