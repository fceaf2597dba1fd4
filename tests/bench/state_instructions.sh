#!/usr/bin/env bash
# Instructions of one reservation through callgrind, an empty call taken off (goal G6).
# usage: tests/bench/state_instructions.sh STATE_BENCH
set -euo pipefail
bench=${1:?usage: state_instructions.sh path/to/state_bench}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
valgrind --quiet --tool=callgrind --instr-atstart=no --callgrind-out-file="$work/out" \
  "$bench" count >/dev/null
for dump in "$work"/out.*; do
  awk '/^desc: Trigger: Client Request: /{sub(/^desc: Trigger: Client Request: /, ""); label = $0}
       /^(totals|summary):/{total = $2}
       END {if (label != "") print label, total}' "$dump"
done | awk '
  {cost[$2] = $4 / $3; if ($2 != "nothing") names[++n] = $2}
  END {
    goal["rate"] = 35; goal["quota"] = 150
    for (i = 1; i <= n; ++i) {
      name = names[i]; own = cost[name] - cost["nothing"]
      printf "G6 %-16s %7.1f instructions", name, own
      if (name in goal) printf ", goal %d: %s", goal[name], (own <= goal[name] ? "met" : "missed")
      if (name == "nodes") printf ", control: %s", (own > goal["rate"] ? "fails, as it must" : "PASSES")
      printf "\n"
    }
  }'
