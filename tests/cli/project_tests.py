"""capc init and capc facts."""

import json
import os


def init(capc, check):
    status, out, err = capc.run("init", "start")
    files = ["policy.cap", "policy.capt", "grant.json", "request.json", "README.md"]
    check("init says what it wrote", status == 0 and out.split() == [f"start/{f}" for f in files],
          out + err)
    start = capc.folder / "start"
    check("what it wrote checks", capc.run("check", "start/policy.cap")[0] == 0)
    status, out, err = capc.run("test", "--coverage", "start/policy.capt")
    check("passes its tests, each clause in one", status == 0 and "0 failed" in out, out + err)
    status, out, err = capc.run("eval", "--policy", "start/policy.cap", "--grant",
                                "start/grant.json", "--now", "2026-01-01T10:00:00Z",
                                "start/request.json")
    check("and permits its request", status == 0 and out.startswith("permit"), out + err)
    readme = (start / "README.md").read_text()
    check("the front page names the commands", all(f"capc {word} " in readme for word in
                                                   ("check", "test", "eval", "facts", "consent")))
    for name in files:
        text = (start / name).read_bytes()
        os.rename(start / name, start / "apart")
        others = {f: (start / f).read_bytes() for f in files if f != name}
        (start / name).write_text("mine")
        status, out, err = capc.run("init", "start")
        check(f"{name} is not overwritten", status == 1 and not out and "is there already" in err
              and (start / name).read_text() == "mine"
              and all((start / f).read_bytes() == b for f, b in others.items()), err)
        (start / name).write_bytes(text)
    os.mkdir(capc.folder / "partly")
    (capc.folder / "partly/README.md").symlink_to("nowhere")
    status, _, _ = capc.run("init", "partly")
    check("nothing is written beside what is there", status == 1
          and os.listdir(capc.folder / "partly") == ["README.md"])
    status, out, _ = capc.run("init", "--format", "json", "other/folder")
    check("init in JSON", status == 0 and json.loads(out) == {
        "files": [f"other/folder/{f}" for f in files]}, out)


POLICY = """module shop
import std.approval
approver manager, user
context live { environment: string, level: int? }
enum State { "open", "closed" }
record Order { owner: string, state: State, lines: list<Line> }
record Line { sku: string, count: int? }
constraint masked(columns: set<string>) { oblige maskColumns(version: 1, columns: columns) }
action refund { id: string, line: int
  fact order: Order for id by shop within 30s
  fact known: bool for id, line }
action read { id: string }
policy a {
  capability refund { requireApproval(by: manager) requireReview(by: [manager, user]) }
  capability read { masked(["ssn"]) }
  forbid refund unless approved by user when environment == "test"
}
"""

TEXT = """refund
  fact order: Order for id by shop within 30s
  fact known: bool for id, line
  live environment: string max 4096
  live level: int?
  approval by manager (requireApproval of refund, a)
  review by manager, user (requireReview of refund, a)
  approval by user (forbid of refund, a)
read
  live environment: string max 4096
  live level: int?
  obligation maskColumns@1(columns: set<string max 1048576> max 4096) (read, a)
types
  Order { owner: string max 4096, state: State, lines: list<Line> max 64 }
  Line { sku: string max 4096, count: int? }
  State { "open", "closed" }
"""


def facts(capc, check):
    capc.file(POLICY)
    status, out, err = capc.run("facts", "policy.cap")
    check("facts of a policy", status == 0 and out == TEXT, out + err)
    capc.run("compile", "policy.cap")
    status, out, _ = capc.run("facts", "policy.capb", "policy.cap")
    check("of a bundle they are the same", status == 0
          and out == f"policy.capb:\n{TEXT}policy.cap:\n{TEXT}", out)
    status, out, _ = capc.run("facts", "--format", "json", "policy.cap")
    got = json.loads(out)
    check("facts in JSON", status == 0 and got["version"] == 1 and got["file"] == "policy.cap"
          and got["tools"][0]["facts"] == [
              {"name": "order", "type": "Order", "key": ["id"], "by": "shop",
               "within_us": 30000000},
              {"name": "known", "type": "bool", "key": ["id", "line"], "by": None,
               "within_us": None}]
          and got["tools"][0]["approvals"][1] == {
              "action": "refund", "policy": "a", "clause": "requireReview", "kind": "review",
              "approvers": ["manager", "user"]}
          and got["tools"][1]["obligations"] == [
              {"action": "read", "policy": "a", "name": "maskColumns", "version": 1,
               "parameters": [{"name": "columns", "type": "set<string max 1048576> max 4096",
                               "optional": False}]}]
          and got["tools"][1]["live"][1] == {"name": "level", "type": "int", "optional": True}
          and got["enums"] == {"State": ["open", "closed"]}
          and [f["name"] for f in got["records"]["Line"]] == ["sku", "count"], out)
    capc.file("module m\naction a { }\n")
    check("a tool that asks nothing", capc.run("facts", "policy.cap")[1] == "a\n  nothing\n")
    capc.file("module m\naction a { x: nope }\n")
    check("of a policy with errors there are none", capc.run("facts", "policy.cap")[0] == 3)
    check("a file that is not there", capc.run("facts", "none.cap")[0] == 1)
