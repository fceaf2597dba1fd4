"""scripts/corpus-banking: recorded calls, task by task."""

import json
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]


def _row(kind, task, step, tool, **args):
    return {"kind": kind, "task_id": task, "step": step, "tool": tool, "args": args}


def _pay(kind, task, step, recipient, amount):
    return _row(kind, task, step, "send_money", recipient=recipient, amount=amount, subject="x",
                date="2022-01-01")


ROWS = [
    _row("user", "bill", 0, "read_file", file_path="bill.txt"), _pay("user", "bill", 1, "GB1", 20),
    _pay("user", "car", 0, "GB1", 1200),
    *(_pay("injection", "split", step, "XX9", 10000) for step in (2, 0, 1)),
    _pay("injection", "whole", 0, "XX9", 1000000),
]


def corpus_banking(capc, check):
    trace = capc.file("".join(json.dumps(row) + "\n" for row in ROWS), "calls.jsonl")

    def run(*more):
        return subprocess.run([sys.executable, ROOT / "scripts/corpus-banking", trace, "--capc",
                               capc.binary, "--payees", "GB1", *more], text=True, capture_output=True,
                              timeout=120)
    done = run()
    check("where each task stops", done.returncode == 0 and done.stdout == """\
bill, 2 calls: read_file, send_money
  as it is     not stopped
  owner: yes   not stopped
car, 1 calls: send_money
  as it is     call 1 of 1: step-up step_up requireApproval
  owner: yes   not stopped
split, 3 calls: send_money, send_money, send_money
  as it is     call 1 of 3: step-up step_up forbid
  owner: yes   call 2 of 3: deny limit_exceeded daily.budget; daily.budget has 5000.00 EUR left
  payee known  call 1 of 3: step-up step_up requireApproval
whole, 1 calls: send_money
  as it is     call 1 of 1: deny constraint_failed maxAmount
  owner: yes   call 1 of 1: deny constraint_failed maxAmount
  payee known  call 1 of 1: deny constraint_failed maxAmount
user       owner: yes     3 permitted   0 step-ups   0 denied
user       as it is       2 permitted   1 step-ups   0 denied
injection  payee known    0 permitted   3 step-ups   1 denied
injection  owner: yes     1 permitted   0 step-ups   3 denied
injection  as it is       0 permitted   3 step-ups   1 denied
""", done.stdout + done.stderr)
    done = run("--task", "split")
    check("and the replay of one", done.returncode == 0 and "permit  send_money: daily.budget 5000.00 "
          "EUR left" in done.stdout and done.stdout.count("by limit\n         2  daily.budget") == 1,
          done.stdout + done.stderr)
