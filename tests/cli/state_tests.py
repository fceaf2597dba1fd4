"""capc eval with counters, capc replay, capc state."""

import json

POLICY = """module shop
import std.money
import std.quota
action pay { order_id: string, amount: money in "USD" }
policy p {
  expires after 8h
  capability pay { budget(100.00 USD, every: "day", zone: "Europe/Berlin") }
}
"""
PERMITTED, DENIED = 0, 2


def call(order, amount):
    return {"tool": "pay", "arguments": {"order_id": order, "amount": amount}}


class Shop:
    """capc with one policy, one grant and one file of counters."""

    def __init__(self, capc):
        self.capc = capc
        capc.file(POLICY, "shop.cap")
        capc.file('{"policy": "p", "subject": "bot-1"}', "grant.json")

    def eval(self, amount, *options, at="2026-03-02T10:00:00Z", state="counters.db"):
        kept = ["--state", state] if state else []
        return self.capc.run("eval", "--policy", "shop.cap", "--grant", "grant.json", "--now", at,
                             "--format", "json", *kept, *options, text=json.dumps(call("A", amount)))

    def replay(self, lines, *options):
        self.capc.file("".join(json.dumps(line) + "\n" for line in lines), "trace.jsonl")
        return self.capc.run("replay", "--policy", "shop.cap", "--grant", "grant.json", *options,
                             "trace.jsonl")


def eval_state(capc, check):
    shop = Shop(capc)
    status, out, err = shop.eval(60.00, "--commit")
    said = json.loads(out) if out else {}
    check("a permit is charged and committed", status == PERMITTED and said["commit"] == "settled"
          and said["limits"][0]["remains"] == "40.00 USD", out + err)
    status, out, _ = shop.eval(60.00)
    check("the next process knows it", status == DENIED
          and json.loads(out)["code"] == "limit_exceeded", out)
    for _ in range(2):
        status, out, _ = shop.eval(40.00, "--peek")
        check("a peek charges nothing", status == PERMITTED, out)
    for _ in range(2):
        status, out, _ = shop.eval(30.00, "--operation", "order-7")
        check("one operation is charged once", status == PERMITTED, out)
    decision = json.loads(out)["decision"]
    status, out, _ = shop.eval(10.00, "--peek")
    check("… and no more", status == PERMITTED, out)
    status, out, _ = shop.eval(10.01, "--peek")
    check("… and no less", status == DENIED, out)
    status, out, _ = capc.run("state", "release", "counters.db", decision, "--now",
                              "2026-03-02T10:00:01Z")
    check("another process releases it", (status, out) == (0, "settled\n"), out)
    status, out, _ = capc.run("state", "release", "counters.db", decision, "--now",
                              "2026-03-02T10:00:01Z")
    check("twice is once", (status, out) == (0, "already\n"), out)
    status, out, _ = capc.run("state", "commit", "counters.db", decision, "--now",
                              "2026-03-02T10:00:01Z")
    check("and not the other way", (status, out) == (1, "conflict\n"), out)
    status, out, _ = shop.eval(40.00, "--peek", at="2026-03-02T10:01:00Z")
    check("it was given back", status == PERMITTED, out)
    status, out, _ = shop.eval(100.00, "--peek", at="2026-03-02T23:00:00Z")
    check("the day ends in Berlin", status == PERMITTED, out)
    check("without a state nothing is kept", shop.eval(100.00, state="")[0] == PERMITTED
          and shop.eval(100.00, state="")[0] == PERMITTED)
    capc.file(json.dumps(call("A", 1)) + "\n" + json.dumps(call("B", 1)) + "\n", "two.jsonl")
    status, _, err = capc.run("eval", "--policy", "shop.cap", "--grant", "grant.json",
                              "--operation", "x", "two.jsonl")
    check("an operation is one call", status == 1 and "one request" in err, err)
    check("peek and commit exclude each other",
          shop.eval(1.00, "--peek", "--commit")[0] == 1)
    capc.file("no database", "broken.db")
    status, _, err = shop.eval(1.00, state="broken.db")
    check("a file that is something else", status == 1 and err, err)
    status, _, err = shop.eval(1.00, state="redis://127.0.0.1:1")
    check("a server that is not there", status == 1 and err, err)


def state(capc, check):
    shop = Shop(capc)
    (capc.folder / "kept.db").unlink(missing_ok=True)
    shop.eval(60.00, "--commit", state="kept.db")
    status, out, err = capc.run("state", "show", "kept.db")
    check("state show", status == 0 and "60.00 USD of 100.00 USD" in out and "pay" in out, out + err)
    status, out, _ = capc.run("state", "export", "kept.db")
    counter = json.loads(out.splitlines()[0])
    check("state export", status == 0 and counter["used"] == 6000 and counter["limit_value"] == 10000
          and counter["limit"] == "pay" and counter["kind"] == "quota"
          and counter["end"] == "2026-03-02T23:00:00Z", out)
    status, out, _ = capc.run("state", "show", "--limit", "nothing", "kept.db")
    check("of what is not there nothing is shown", (status, out) == (0, ""), out)
    status, _, err = capc.run("state", "reset", "kept.db")
    check("a reset says of what", status == 1 and "--all" in err, err)
    status, _, err = capc.run("state", "reset", "--limit", "nothing", "kept.db")
    check("a reset of nothing is a mistake", status == 1 and "nothing was changed" in err, err)
    status, out, _ = capc.run("state", "reset", "--policy", "p", "--limit", "pay", "--constraint",
                              "budget", "--key", counter["key"], "kept.db")
    check("a reset says what was there", status == 0 and out.startswith("forgot ")
          and "60.00 USD" in out, out)
    check("and it is gone", shop.eval(100.00, "--peek", state="kept.db")[0] == PERMITTED)
    shop.eval(10.00, state="kept.db")
    status, out, _ = capc.run("state", "reset", "--all", "--format", "json", "kept.db")
    check("a reset of all, in JSON", status == 0 and json.loads(out)["used"] == 1000, out)
    status, _, err = capc.run("state", "show", "none.db")
    check("no file is made by looking", status == 1 and "none.db" in err
          and not (capc.folder / "none.db").exists(), err)
    check("no decision", capc.run("state", "commit", "kept.db", "xyz")[0] == 1)


def replay(capc, check):
    shop = Shop(capc)
    lines = [{"at": "2026-03-02T10:00:00Z", "request": call("A", 60)},
             {"at": "2026-03-02T10:01:00Z", "request": call("B", 40), "operation": "b",
              "outcome": "none"},
             {"at": "2026-03-02T10:02:00Z", "request": call("C", 20)},
             {"at": "2026-03-02T10:03:00Z", "operation": "b", "outcome": {"actual": "15.00 USD"}},
             {"at": "2026-03-02T10:04:00Z", "request": call("C", 20)},
             {"at": "2026-03-02T10:05:00Z", "request": call("D", 5.01), "outcome": "release"}]
    status, out, err = shop.replay(lines, "--format", "json")
    steps = [json.loads(line) for line in out.splitlines()]
    verdicts = [step["decision"] and step["decision"]["verdict"] for step in steps[:-1]]
    check("replay", status == DENIED and verdicts == ["permit", "permit", "deny", None, "permit",
                                                      "deny"], out + err)
    check("the sums", steps[-1] == {
        "calls": 5, "permitted": 3, "step_ups": 0, "denied": 2, "monitor": False,
        "by_code": {"limit_exceeded": 2}, "by_limit": {"pay.budget": 2},
        "first_denial": {"line": 3, "at": "2026-03-02T10:02:00Z",
                         "why": "limit_exceeded pay.budget"}}, out)
    status, out, _ = shop.replay(lines)
    check("replay for people", status == DENIED and "3 permitted" in out
          and "first: trace.jsonl:3" in out and len(out.splitlines()) == 12, out)
    status, out, _ = shop.replay(lines, "--quiet", "--monitor")
    check("monitored", status == PERMITTED and out.count("would deny") == 2
          and "2 would be denied" in out, out)
    status, out, _ = shop.replay(lines, "--until-denied")
    check("until the first denial", status == DENIED and "\n3 calls" in "\n" + out, out)
    late = [{"at": "2026-03-02T10:00:00Z", "request": call("A", 60)},
            {"at": "2026-03-02T20:00:00Z", "request": call("B", 41)},
            {"at": "2026-03-02T20:00:00Z", "request": call("B", 40)}]
    check("a grant ends", "grant_expired" in shop.replay(late)[1])
    status, out, _ = shop.replay(late, "--renew")
    check("a grant is renewed, what was counted is not", "1 denied" in out
          and "limit_exceeded" in out, out)
    check("counters are left", shop.replay(lines[:1], "--state", "left.db")[0] == PERMITTED
          and shop.replay(lines[:1], "--state", "left.db")[0] == DENIED)
    for bad in ({"request": call("A", 1)}, {"at": "yesterday", "request": call("A", 1)},
                {"at": "2026-03-02T10:00:00Z"}, {"at": "2026-03-02T10:00:00Z", "operation": "q",
                                                 "outcome": "commit"},
                {"at": "2026-03-02T10:00:00Z", "request": call("A", 1), "outcome": "gone"},
                {"at": "2026-03-02T10:00:00Z", "request": call("A", 1), "more": 1}, [1], "x"):
        status, out, err = shop.replay([bad])
        check(f"no line of a trace: {bad}", status == 1 and "trace.jsonl:1: " in err, out + err)
    status, out, _ = shop.replay([{"at": "2026-03-02T10:00:00Z", "request": {"tool": 5}}])
    check("what is wrong with a request is decided", status == DENIED and "bad_json" in out, out)
