"""What `capc narrows` and `capc diff` promise: answers, calls that show them, exit statuses."""

import json

PARENT = """module bank
approver manager
purpose support "help"
context bound { customer: string }
action pay { to: string, amount: money in "USD", tags: set<string>
  resource "pay://{to}" }
action look { id: string }
policy clerk {
  purpose support
  expires after 8h
  capability pay on "pay://{{customer}}" {
    require amount <= 500.00 USD
    require tags subset ["a", "b"]
  }
  capability look
  forbid pay unless approved by manager when amount > 50.00 USD
}
"""


def narrowing(capc, check):
    capc.file(PARENT, "parent.cap")

    def narrows(what, change, status, *words, extra=()):
        old, new = change
        text = PARENT.replace(old, new)
        check(f"{what}: the change is one", text != PARENT or old == new)
        capc.file(text, "child.cap")
        got, out, err = capc.run("narrows", "child.cap", "parent.cap", *extra)
        check(f"narrows: {what}", got == status and all(word in out for word in words),
              f"{got}\n{out}{err}")
        return out

    wrappers(capc, check)
    resets(capc, check)
    narrows("the same", ("", ""), 0, "clerk: yes")
    narrows("a lower limit", ("500.00", "499.99"), 0)
    narrows("a higher limit", ("500.00", "500.01"), 2, '"amount":500.01', "child ", "permit",
            "parent ", "deny [constraint_failed]", "parent.cap:12:5", '"policy":"clerk"')
    narrows("a set that grew", ('["a", "b"]', '["a", "b", "c"]'), 2, '"c"')
    narrows("a set that shrank", ('["a", "b"]', '["a"]'), 0)
    narrows("a pattern that is wider", ("pay://{{customer}}", "pay://*"), 2, "no_capability")
    narrows("a step-up that is gone", ("when amount > 50.00 USD", "when amount > 60.00 USD"), 2,
            "step-up")
    narrows("a step-up sooner", ("amount > 50.00 USD", "amount > 10.00 USD"), 0)
    narrows("a longer life", ("8h", "9h"), 2, "minted", "grant_expired")
    narrows("a shorter life", ("8h", "7h"), 0)
    narrows("any purpose", ("  purpose support\n", ""), 2, "unknown-purpose")
    narrows("an action that only the parent has", ("  capability look\n", ""), 0)
    narrows("arguments that differ", ("tags: set<string>", "tags: set<string> max 5"), 5,
            "cannot decide", "`tags`")
    narrows("another policy", ("policy clerk", "policy teller"), 0, "teller: yes")
    narrows("no such policy", ("", ""), 1, extra=("--policy", "nobody"))
    narrows("no time", ("", ""), 1, extra=("--timeout", "0s"))
    out = narrows("JSON", ("500.00", "750.00"), 2, extra=("--format", "json"))
    got = json.loads(out)
    check("narrows: the witness in JSON", got["answer"] == "no"
          and got["witness"]["child"]["verdict"] in ("permit", "step-up")
          and got["witness"]["parent"]["verdict"] == "deny", out)
    replay(capc, check, got["witness"])
    pairs(capc, check)
    changes(capc, check)
    families(capc, check)
    limits(capc, check)


def replay(capc, check, witness):
    """`capc eval` says the same of the grant and the request."""
    statuses = {"permit": 0, "deny": 2, "step-up": 4}
    for side in ("child", "parent"):
        status = statuses[witness[side]["verdict"]]
        capc.file(json.dumps(witness[side]["grant"]), "grant.json")
        capc.file(json.dumps(witness[side]["request"]), "request.json")
        got, out, err = capc.run("eval", "--policy", f"{side}.cap", "--grant", "grant.json", "--now",
                                 witness["now"], "request.json")
        check(f"narrows: {side} by eval", got == status, out + err)


def pairs(capc, check):
    two = PARENT + PARENT[PARENT.index("policy clerk"):].replace("clerk", "boss")
    capc.file(two, "two.cap")
    capc.file(two.replace("policy boss", "policy chief"), "other.cap")
    got, out, _ = capc.run("narrows", "two.cap", "two.cap")
    check("narrows: policies of one name", got == 0 and out.count(": yes") == 2, out)
    got, out, _ = capc.run("narrows", "other.cap", "two.cap")
    check("narrows: one without its like", got == 5 and "no policy of this name" in out, out)
    got, out, _ = capc.run("narrows", "--child-policy", "chief", "--parent-policy", "boss",
                           "other.cap", "two.cap")
    check("narrows: named each", got == 0 and out.startswith("chief: yes"), out)
    capc.file(PARENT.replace("500.00 USD", "500.00 ESD"), "wrong.cap")
    check("narrows: a policy with errors", capc.run("narrows", "wrong.cap", "two.cap")[0] == 3)
    check("narrows: no such file", capc.run("narrows", "none.cap", "two.cap")[0] == 1)


FAMILY = """
policy teller extends clerk {
  expires after 1h
  drop look
  capability pay on "pay://{{customer}}" { require amount <= 50.00 USD }
  forbid pay when "b" in tags
}
policy trainee extends teller { capability pay { require amount != 7.00 USD } }
"""


def families(capc, check):
    """A policy that extends another one narrows it, whatever is said; and the tools know both."""
    capc.file(PARENT + FAMILY, "family.cap")

    def narrows(child, parent, status, word):
        got, out, err = capc.run("narrows", "--child-policy", child, "--parent-policy", parent,
                                 "family.cap", "family.cap")
        check(f"narrows: {child} and {parent}", got == status and word in out, f"{got}\n{out}{err}")

    narrows("teller", "clerk", 0, "teller: yes")
    narrows("trainee", "teller", 0, "trainee: yes")
    narrows("trainee", "clerk", 0, "trainee: yes")
    narrows("clerk", "teller", 2, "clerk: no")
    narrows("teller", "trainee", 2, '"amount":7.00')
    capc.file(PARENT.replace("500.00", "400.00") + FAMILY, "changed.cap")
    got, out, err = capc.run("diff", "family.cap", "changed.cap")
    check("diff: what a parent changes in its children", got == 0 and "narrower" in out
          and "500.00 USD is now 400.00 USD" in out, out + err)
    got, out, err = capc.run("consent", "--policy", "family.cap")
    check("consent: a child", got == 0 and "policy teller" in out and "for at most 1h" in out, out)
    got, out, err = capc.run("fmt", "--check", "family.cap")
    check("fmt: a child", got in (0, 1), out + err)
    for command in (("check",), ("facts",)):
        got, out, err = capc.run(*command, "family.cap")
        check(f"{command[0]}: a child", got == 0, out + err)
    bought = (PARENT + FAMILY).replace("module bank", "module bank\nimport std.money")
    bought = bought.replace("require amount <= 500.00 USD", "maxAmount(500.00 USD)")
    bought = bought.replace("require amount <= 50.00 USD", "maxAmount(50.00 USD)")
    capc.file(bought, "bought.cap")
    got, out, err = capc.run("consent", "--policy", "bought.cap")
    child = out[out.find("policy teller"):]
    check("consent: the limit that counts, once", "up to 50.00 USD" in child
          and "500.00" not in child and "maxAmount" not in child, out + err)


LIMITS = """module desk
import std.quota
action refund { order_id: string, amount: money in "USD" }
action search { text: string }
policy p {
  expires after 8h
  capability refund {
    maxPerDay(10, zone: "Europe/Berlin")
    budget(100.00 USD, every: "day", per: order_id) when amount > 5.00 USD
  }
  capability search { rateLimit(200/hour, burst: 200) hold 1 of gauge(3, expires: 5m) }
  limit whole on refund, search { consume 1 of quota(50, every: "month") }
  circuit_breaker { maxViolations(3) window(5m) suspendDuration(30m) }
}
"""


def limits(capc, check):
    """Counters are compared term by term: a yes for what is surely narrower, and never else."""
    capc.file(LIMITS, "limits.cap")

    def narrows(what, change, status, word=""):
        old, new = change
        text = LIMITS.replace(old, new)
        check(f"limits, {what}: the change is one", text != LIMITS or old == new)
        capc.file(text, "child.cap")
        got, out, err = capc.run("narrows", "child.cap", "limits.cap")
        check(f"narrows: limits, {what}", got == status and word in out, f"{got}\n{out}{err}")

    narrows("the same", ("", ""), 0, "yes")
    narrows("a smaller one", ("maxPerDay(10", "maxPerDay(9"), 0)
    narrows("a larger one", ("maxPerDay(10", "maxPerDay(11"), 5, "`maxPerDay`")
    narrows("one that is gone", ('maxPerDay(10, zone: "Europe/Berlin")', ""), 5, "`maxPerDay`")
    narrows("one more", ("hold 1", "maxPerHour(3) hold 1"), 0)
    narrows("another zone", ("Europe/Berlin", "America/New_York"), 5)
    narrows("a slower rate", ("200/hour", "3/minute"), 0)
    narrows("a faster rate", ("200/hour", "4/minute"), 5)
    narrows("a smaller burst", ("burst: 200", "burst: 199"), 0)
    narrows("a larger burst", ("burst: 200", "burst: 201"), 5)
    narrows("less money", ("100.00 USD, every", "99.99 USD, every"), 0)
    narrows("another currency", ("100.00 USD, every", "1.00 EUR, every"), 3)
    narrows("another key", (", per: order_id", ""), 5)
    narrows("without its guard", (" when amount > 5.00 USD", ""), 0)
    narrows("with another guard", ("amount > 5.00", "amount > 6.00"), 5)
    narrows("a longer hold", ("expires: 5m", "expires: 6m"), 0)
    narrows("a shorter hold", ("expires: 5m", "expires: 4m"), 5)
    narrows("a larger amount", ("hold 1 of", "hold 2 of"), 0)
    narrows("begun anew", ("expires: 5m", 'expires: 5m, reset: "2"'), 5)
    narrows("a shared one, larger", ("quota(50", "quota(51"), 5, "`whole`")
    narrows("a shared one, smaller", ("quota(50", "quota(49"), 0)
    narrows("shared by less", ("limit whole on refund, search", "limit whole on refund"), 5)
    narrows("another policy's name", ("policy p", "policy q"), 5)
    narrows("a laxer breaker", ("maxViolations(3)", "maxViolations(4)"), 5, "circuit breaker")
    narrows("a longer suspension", ("suspendDuration(30m)", "suspendDuration(31m)"), 0)
    capc.file(LIMITS.replace("maxPerDay(10", "maxPerDay(8").replace("quota(50", "quota(40")
              .replace("maxViolations(3)", "maxViolations(2)"), "new.cap")
    got, out, err = capc.run("diff", "limits.cap", "new.cap")
    check("diff: limits", got == 0 and "refund                   narrower" in out
          and "maxPerDay: 10 is now 8" in out and "50 is now 40" in out
          and "circuit breaker: 3 within 5m for 30m is now 2 within" in out, f"{got}\n{out}{err}")
    got, out, err = capc.run("diff", "new.cap", "limits.cap")
    check("diff: larger limits", got == 2 and "refund                   wider" in out, out + err)
    capc.file(LIMITS.replace("maxPerDay(10", "maxPerDay(8").replace("quota(50", "quota(60"),
              "mixed.cap")
    got, out, err = capc.run("diff", "limits.cap", "mixed.cap")
    check("diff: one larger, one smaller", got == 2 and "search                   wider" in out
          and "refund                   undecided" in out, f"{got}\n{out}{err}")
    got, out, err = capc.run("consent", "--policy", "limits.cap")
    for line in ("  at most 10 each day of Europe/Berlin, and up to twice that where two days meet\n",
                 "  200/hour, and up to 200 more at once\n",
                 "  at most 3 at one time, each for at most 5m\n",
                 "taken together, refund, search (whole)\n  at most 50 each month",
                 "of amount, for each order_id when amount > 5.00 USD\n",
                 "nothing for 30m after 3 denials within 5m\n"):
        check(f"consent: {line.strip()}", got == 0 and line in out, out + err)
    got, out, err = capc.run("check", "limits.cap")
    check("check: the counters of a call", ", 4 counters" in out, out + err)


WRAPPED = """module gateway
wrapper "call_tool" { name: tool, input: arguments }
action send { to: string }
policy p { expires after 1h  capability send { require to == "a" } }
"""

COUNTED = """module m
import std.quota
action pay { order_id: string, amount: money in "USD" }
policy p {
  expires after 8h
  capability pay { budget(9.00 USD, every: "day") }
  limit shared on pay { consume 1 of quota(5, every: "month") per order_id }
}
"""


def wrappers(capc, check):
    """What carries calls is an input, too."""
    plain = WRAPPED.replace('wrapper "call_tool" { name: tool, input: arguments }\n', "")
    other = WRAPPED.replace("name: tool", "which: tool")
    for name, text in (("wrapped", WRAPPED), ("plain", plain), ("other", other)):
        capc.file(text, name + ".cap")
    for child, parent, status in (("wrapped", "wrapped", 0), ("plain", "wrapped", 0),
                                  ("wrapped", "plain", 5), ("other", "wrapped", 5)):
        got, out, err = capc.run("narrows", child + ".cap", parent + ".cap")
        check(f"narrows: {child} in {parent}", got == status
              and ("the wrapper `call_tool`" in out) == (status == 5), f"{got}\n{out}{err}")
    got, out, err = capc.run("diff", "plain.cap", "wrapped.cap")
    check("diff: a new wrapper", got == 2 and "(terms)                  wider" in out
          and "wrapper call_tool(name, input) is new" in out, f"{got}\n{out}{err}")
    got, out, err = capc.run("diff", "wrapped.cap", "plain.cap")
    check("diff: a wrapper that is gone", got == 0 and "(terms)                  narrower" in out
          and "wrapper call_tool(name, input) is gone" in out, f"{got}\n{out}{err}")


def resets(capc, check):
    """A counter that does not count what the new text means has to be reset, and diff says so."""
    capc.file(COUNTED, "old.cap")
    for change, said in (
            (('every: "day")', 'every: "total", retain: 400d)'),
             "budget: its counter is of a period, and is for all time now"),
            (('every: "month")', 'every: "total", retain: 9d)'), "limit shared: consume: its counter is of a period"),
            (("quota(5, every: \"month\")", "recent(5, within: 24h)"),
             "limit shared: consume: it counts in another way, so that what was counted is forgotten"),
            (('every: "day")', 'every: "week")'), None), (("9.00 USD", "8.00 USD"), None)):
        capc.file(COUNTED.replace(*change), "new.cap")
        for old, new in (("old", "new"), ("new", "old")):
            got, out, err = capc.run("diff", old + ".cap", new + ".cap", "--fail-on", "never")
            wanted = said if old == "old" or said is None else said.replace(
                "of a period, and is for all time", "of all time, and is for a period").replace(
                "of a period", "of all time")
            check(f"diff: {change[1]}, {old} to {new}", got == 0 and (
                wanted in out if wanted else "counter" not in out and "forgotten" not in out),
                f"{got}\n{out}{err}")


def changes(capc, check):
    def diff(what, change, status, *words, extra=()):
        old, new = change
        capc.file(PARENT.replace(old, new), "new.cap")
        got, out, err = capc.run("diff", "parent.cap", "new.cap", *extra)
        check(f"diff: {what}", got == status and all(word in out for word in words),
              f"{got}\n{out}{err}")
        return out

    diff("the same", ("", ""), 0, "pay", "same")
    diff("wider", ("500.00", "750.00"), 2, "wider", "500.00 USD is now 750.00 USD", "request")
    diff("narrower", ("500.00", "400.00"), 0, "narrower", "500.00 USD is now 400.00 USD")
    diff("narrower, for a gate of changes", ("500.00", "400.00"), 2,
         extra=("--fail-on", "change"))
    diff("wider, and told only", ("500.00", "750.00"), 0, extra=("--fail-on", "never"))
    diff("a set", ('["a", "b"]', '["b", "c"]'), 2, "both", 'gained "c", lost "a"')
    diff("gone", ("  capability look\n", ""), 0, "gone")
    diff("the terms", ("8h", "9h"), 2, "(terms)", "expires: 8h is now 9h")
    diff("a statement that is gone", ("    require amount <= 500.00 USD\n", ""), 2, "is gone")
    out = diff("JSON", ("500.00", "750.00"), 2, extra=("--format", "json"))
    rows = {row["action"]: row for row in map(json.loads, out.splitlines())}
    check("diff: rows", rows["pay"]["change"] == "wider" and rows["look"]["change"] == "same"
          and rows["pay"]["wider"]["new"]["verdict"] in ("permit", "step-up"), out)
