#!/usr/bin/env bash
# Instructions of one request through callgrind, exact and repeatable: every side of every shape in
# one process, a dump a side. The cost of the loop (a call of an empty function) is taken off G1.
# usage: tests/bench/instructions.sh CAPC_BENCH [g1|g2|g6|g12|all [SHAPE]]     SHAPE: of g1, one alone
set -euo pipefail
bench=${1:?usage: instructions.sh path/to/capc_bench [g1|g2|g6|g12|all [SHAPE]]}
what=${2:-all}
shape=${3:-}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

Count() {  # mode
  mkdir "$work/$1"
  valgrind --quiet --tool=callgrind --instr-atstart=no --callgrind-out-file="$work/$1/out" \
    "$bench" "$1" ${shape:+--shape "$shape"} >/dev/null
  local dump
  for dump in "$work/$1"/out.*; do
    awk '/^desc: Trigger: Client Request: /{sub(/^desc: Trigger: Client Request: /, ""); label = $0}
         /^(totals|summary):/{total = $2}
         END {if (label != "") print label, total}' "$dump"
  done
}

if [ "$what" = g1 ] || [ "$what" = all ]; then
  Count count-g1 | awk '
    {key = $2 " " $3; cost[key " " $4] = $6 / $5; if (!(key in seen)) {seen[key] = 1; keys[++n] = key}}
    END {
      printf "%-20s %-7s %9s %9s %9s %7s %8s\n", "G1 shape", "mix", "hand", "native", "O0", "ratio", "O0 ratio"
      for (i = 1; i <= n; ++i) {
        k = keys[i]; loop = cost[k " nothing"] - 2
        hand = cost[k " hand"] - loop; native = cost[k " native"] - loop; o0 = cost[k " o0"] - loop
        split(k, part, " ")
        printf "%-20s %-7s %9.1f %9.1f %9.1f %7.3f %8.3f\n", part[1], part[2], hand, native, o0, native / hand, o0 / hand
        mix = part[2]; ratio = native / hand; count[mix]++; list[mix " " count[mix]] = ratio
        if (ratio > worst[mix]) {worst[mix] = ratio; at[mix] = part[1]}
        if (least[mix] == "" || o0 / hand < least[mix]) least[mix] = o0 / hand
      }
      for (mix in count) {
        m = count[mix]
        for (a = 1; a <= m; ++a) for (b = a + 1; b <= m; ++b)
          if (list[mix " " b] < list[mix " " a]) {t = list[mix " " a]; list[mix " " a] = list[mix " " b]; list[mix " " b] = t}
        median = (list[mix " " int((m + 1) / 2)] + list[mix " " int(m / 2 + 1)]) / 2
        printf "G1 %s: median %.3f, worst %.3f (%s); control O0 at least %.3f; goal of the permit path 1.10\n", mix, median, worst[mix], at[mix], least[mix]
      }
    }'
fi
if [ "$what" = g2 ] || [ "$what" = all ]; then
  Count count-g2 | awk '
    $1 == "g2" {cost[$3 " " $4] = $6 / $5}
    $1 == "g3" {grow[$2 " " $3 " " $4] = $6 / $5; keys[$2] = 1}
    END {
      for (mix in m) delete m[mix]
      split("permit mixed", mixes, " ")
      for (i = 1; i <= 2; ++i) {
        k = mixes[i]
        printf "G2 %-8s hand %.1f, engine %.1f, ratio %.3f; control (linear) %.3f\n", k, cost[k " hand"], cost[k " native"], cost[k " native"] / cost[k " hand"], cost[k " linear"] / cost[k " hand"]
      }
      for (k in keys) {
        printf "G3 %-10s", k
        split("10 1000 100000 1000000", sizes, " ")
        for (i = 1; i <= 4; ++i) printf "  %s: %.1f (hand %.1f)", sizes[i], grow[k " " sizes[i] " native"], grow[k " " sizes[i] " hand"]
        printf "  growth %.3f (hand %.3f), goal 1.05\n", grow[k " 1000000 native"] / grow[k " 10 native"], grow[k " 1000000 hand"] / grow[k " 10 hand"]
      }
    }'
fi
if [ "$what" = g6 ] || [ "$what" = all ]; then
  Count count-g6 | awk '
    {cost[$2] = $4 / $3; names[++n] = $2}
    END {
      for (i = 1; i <= n; ++i) {
        printf "G6 decision %-24s %7.1f instructions", names[i], cost[names[i]]
        if (names[i] != "base") printf ", %+.1f", cost[names[i]] - cost["base"]
        printf "\n"
      }
    }'
fi
if [ "$what" = g12 ] || [ "$what" = all ]; then
  Count count-g12 | awk '
    {key = $2; n[key]++; sum[key] += $5; if ($5 > worst[key]) worst[key] = $5}
    END {for (key in n) printf "G12 %-32s %d operations: mean %.0f, worst %d instructions\n", key, n[key], sum[key] / n[key], worst[key]}' | sort
fi
