"""capc eval with counters, capc replay, capc state."""

import contextlib
import json
import sqlite3

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
    status, _, err = shop.eval(1.00, state="rediss://127.0.0.1:1?tenant=a&ca=/no/such/file")
    check("authorities that are not there", status == 1 and "/no/such/file" in err, err)
    status, _, err = shop.eval(1.00, state="redis://127.0.0.1:1?tenent=a")
    check("a word behind a server that is none", status == 1 and "tenant, ca, cert" in err, err)


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
                         "why": "limit_exceeded pay.budget"},
        "nothing_to_settle": 0, "failed_settlements": 0}, out)
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


def refused_state(capc, check):
    """What is no place for counters counts nowhere, and nothing is made beside it."""
    shop = Shop(capc)
    for given in (("--state", ""), ("--state=",)):
        status, out, err = shop.eval(1.00, *given, state="")
        check(f"no value of {given}", status == 1 and not out and "--state" in err
              and (len(given) == 1 or "name a file" in err and "redis://" in err), out + err)
        status, out, err = shop.replay([], *given)
        check(f"no value of {given} for replay", status == 1 and not out, out + err)
    check("no next option is a file", not (capc.folder / "--format").exists())
    for option in ("--operation", "--now"):
        status, out, err = shop.eval(1.00, option, "", state="")
        check(f"no value of {option}", status == 1 and not out and option in err, out + err)
    shop.eval(10.00, state="choice.db")
    for option in ("--policy", "--limit", "--constraint", "--key", "--id"):
        for also in ((), ("--all",)):
            status, out, err = capc.run("state", "reset", option, "", *also, "choice.db")
            check(f"no value of {option}", status == 1 and not out and option in err, out + err)
    check("nothing was reset", capc.run("state", "show", "choice.db")[1] != "")
    status, _, err = capc.run("state", "commit", "choice.db", "0" * 32, "--actual", "")
    check("no value of --actual", status == 1 and "--actual" in err, err)
    (capc.folder / "folder").mkdir()
    (capc.folder / "null").symlink_to("/dev/null")
    before = sorted(path.name for path in capc.folder.iterdir())
    for place in ("/dev/null", "null", "folder", ":memory:"):
        status, out, err = shop.eval(1.00, state=place)
        check(f"no place: {place}", status == 1 and not out and place in err, out + err)
    check("in the process without one", "without `--state`" in shop.eval(1, state=":memory:")[2])
    check("a device shows nothing", capc.run("state", "show", "/dev/null")[0] == 1)
    seen = sorted(path.name for path in capc.folder.iterdir())
    check("nothing is made beside it", seen == before, seen)


def keys(capc, check):
    """A counter is chosen by its key as people see it, or exactly by its id."""
    shop = Shop(capc)

    def charge(subject):
        capc.file(json.dumps({"policy": "p", "subject": subject}), "grant.json")
        status, out, err = shop.eval(10.00, state="keys.db")
        check(f"a charge for {subject}", status == PERMITTED, out + err)

    def reset(*choice):
        status, out, err = capc.run("state", "reset", *choice, "keys.db")
        return status, len(out.splitlines()), err

    for key in ("bot-1", '"bot-1"'):
        charge("bot-1")
        charge("bot-10")
        check(f"the key {key}", reset("--key", key)[:2] == (0, 1))
        check(f"the key {key} is whole", reset("--key", key)[:2] == (1, 0))
    charge('"bot-1"')
    check("a quoted key is no text in quotes", reset("--key", '"bot-1"')[:2] == (1, 0))
    check("its quotes are printed", reset("--key", '"\\"bot-1\\""')[:2] == (0, 1))
    reset("--all")
    long = "a" * 64
    charge(long + "-1")
    charge(long + "-2")
    rows = [json.loads(line) for line in capc.run("state", "export", "keys.db")[1].splitlines()]
    check("two keys that are cut are marked", len(rows) == 2 and rows[0]["key"] != rows[1]["key"]
          and all(f'…" #{row["id"][:8]}' in row["key"] for row in rows), rows)
    check("a mark chooses one", reset("--key", rows[0]["key"])[:2] == (0, 1))
    charge(long + "-1")  # whichever of the two it was
    charge(long + "-2")
    # Files of before keys were marked have counters that are called the same.
    with contextlib.closing(sqlite3.connect(capc.folder / "keys.db")) as database, database:
        database.execute("UPDATE counter SET key = ?", (f'"{long}…"',))
    rows = [json.loads(line) for line in capc.run("state", "export", "keys.db")[1].splitlines()]
    check("two keys look the same", len(rows) == 2 and rows[0]["key"] == rows[1]["key"]
          and rows[0]["id"] != rows[1]["id"], rows)
    for key in (rows[0]["key"], rows[0]["key"].strip('"')):
        status, count, err = reset("--key", key)
        check("a key that is cut names two", (status, count) == (1, 0) and "is cut" in err
              and "--all" in err and all(row["id"] in err for row in rows), err)
    check("a longer key names none", reset("--key", long + "-1")[:2] == (1, 0))
    check("an id names one", reset("--id", rows[0]["id"])[:2] == (0, 1))
    left = capc.run("state", "show", "--format", "json", "keys.db")[1]
    check("the other stays", json.loads(left)["id"] == rows[1]["id"], left)
    check("a cut key of one", reset("--key", rows[1]["key"])[:2] == (0, 1))


def settlements(capc, check):
    """An outcome that cannot be settled neither ends a replay nor is taken for settled."""
    shop = Shop(capc)

    def line(second, **more):
        return {"at": f"2026-03-02T10:00:{second:02}Z", **more}

    def sums(lines, *options):
        status, out, err = shop.replay(lines, "--format", "json", *options)
        rows = [json.loads(text) for text in out.splitlines()]
        check("a replay ends with its sums", rows and "calls" in rows[-1], out + err)
        return status, rows

    denied = [line(0, request=call("A", 60)),
              line(1, request=call("B", 60), operation="b", outcome="none"),
              line(2, operation="b", outcome={"actual": "55.00 USD"}),
              line(3, request=call("C", 20))]
    for options, expected in (((), DENIED), (("--monitor",), PERMITTED)):
        status, rows = sums(denied, *options)
        check("what was denied has nothing to settle", status == expected
              and rows[2]["settled"] == "nothing to settle" and rows[-1]["calls"] == 3
              and rows[-1]["nothing_to_settle"] == 1, rows)
    out = shop.replay(denied)[1]
    check("and people are told", "outcomes with nothing to settle: 1" in out, out)
    held = line(0, request=call("A", 60), operation="a", outcome="none")
    commit, release = (line(1, operation="a", outcome=what) for what in ("commit", "release"))
    status, rows = sums([held, commit, commit, line(2, request=call("B", 40))])
    check("twice is already", status == PERMITTED and rows[1]["settled"] == "settled"
          and rows[2]["settled"] == "already", rows)
    status, rows = sums([line(0, request=call("A", 60), operation="a"), commit])
    check("carried out at once is already", status == PERMITTED
          and rows[1]["settled"] == "already", rows)
    for options in ((), ("--monitor",), ("--quiet",)):
        status, rows = sums([held, commit, release], *options)
        check("the other way is a conflict", status == 1 and rows[-2]["settled"] == "conflict"
              and rows[-1]["failed_settlements"] == 1, rows)
        wrong = {"actual": "1.00 EUR"}
        status, rows = sums([held, line(1, operation="a", outcome=wrong)], *options)
        check("another currency is not settled", status == 1
              and rows[-2]["settled"] == "bad_request", rows)
        status, rows = sums([line(0, request=call("A", 1), outcome=wrong)], *options)
        check("nor at once", status == 1 and rows[-2]["settled"] == "bad_request"
              and rows[-1]["permitted"] == 1, rows)
