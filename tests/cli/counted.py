"""What `capc narrows` and `capc diff` say of pairs that let single calls through alike, or less,
and count them otherwise: a call of a tool is charged for every action that it is."""

QUOTA = 'consume 1 of quota(10, every: "day")'
BREAKER = "circuit_breaker { maxViolations(3) window(5m) suspendDuration(30m) }"
TWICE = "limit l on pay { consume 1 of quota(2, every: \"day\") }"


def text(actions, rules, name="p", top=""):
    return (f"module m\n{actions}\npolicy {name} {{\n  expires after 8h\n  {rules}\n}}\n{top}\n")


def guarded(least):
    return (f'action a1 of "t" when x > {least} {{ x: int, y: int }}\n'
            'action a2 of "t" when y > 0 { x: int, y: int }')


def asked(least, past):
    return (text(f'action verify of "v" when x > {least} {{ x: int }}\n'
                 'action other of "v" { x: int }\naction pay { n: int }',
                 f"capability verify capability other capability pay {{ require {past} verify() "
                 "within 1h }"))


SPENT = f"capability a1 {{ {QUOTA} }} capability a2 {{ require x < 100 }}"
SHARED = text(guarded(0), f"capability a1 capability a2 limit l on a1 {{ {QUOTA} }}",
              top='limit top on a1 { consume 1 of quota(9, every: "day") per "k" }')
LIMITED = text("action pay { x: int }", f"capability pay {{ {QUOTA} }} {TWICE}")
PAST = "capability verify capability pay { require after verify(x: x) within 1h } "
PROBE = "capability pay capability probe { require x < 10 } " + BREAKER
PAY = "action pay { x: int }\n"
SMALL = "capability pay { require x < 10 } " + BREAKER

# What, the child, the parent, a word of the reason.
PAIRS = (
    ("a guard that lets fewer calls be counted", text(guarded(5), SPENT), text(guarded(0), SPENT),
     "the actions of the tool `t` differ"),
    ("a counted action that is gone",
     text('action a2 of "t" when y > 0 { x: int, y: int }', "capability a2"), SHARED,
     "the actions of the tool `t` differ"),
    ("a counted action of another name",
     text('action pay2 of "pay" { x: int }', "capability pay2 { require x > 0 }"), LIMITED,
     "the actions of the tool `pay` differ"),
    ("a counted action in two",
     text('action pay when x > 100 { x: int }\naction small of "pay" when x <= 100 { x: int }',
          f"capability pay {{ {QUOTA} }} capability small {{ require x > 0 }} {TWICE}"), LIMITED,
     "the actions of the tool `pay` differ"),
    ("an action that asks no more, of another name",
     text('action verify { x: int }\naction pay2 of "pay" { x: int }',
          "capability verify capability pay2 " + BREAKER),
     text("action verify { x: int }\n" + PAY, PAST + BREAKER), "the actions of the tool `pay`"),
    ("more calls that came before", asked(0, "after"), asked(100, "after"),
     "the actions of the tool `v` differ"),
    ("fewer calls that must not have come before", asked(200, "not after"),
     asked(100, "not after"), "the actions of the tool `v` differ"),
    ("denials that are none for a breaker",
     text(PAY + 'action probe of "probe" when x < 10 { x: int }', PROBE),
     text(PAY + 'action probe of "probe" { x: int }', PROBE),
     "the actions of the tool `probe` differ"),
    ("a tool whose denials are no longer counted", text(PAY, "capability pay " + BREAKER),
     text(PAY + 'action probe of "probe" { x: int }', PROBE), "has the tool `probe`"),
    ("a breaker of another name", text(PAY, SMALL, "q"), text(PAY, SMALL),
     "counts for the policy `p` alone"),
    ("a guard over a list of one name, made of others",
     text('action a of "t" when 2 in both { x: list<int>, y: list<int>\n'
          '  let both = x ++ x }',
          f"capability a {{ {QUOTA} }}"),
     text('action a of "t" when 2 in both { x: list<int>, y: list<int>\n'
          '  let both = x ++ y }',
          f"capability a {{ {QUOTA} }}"), "the actions of the tool `t` differ"),
)

TWO_LIMITED = text(
    PAY, 'capability a: pay { require x <= 5 consume 1 of quota(10, every: "day") }\n'
         '  capability b: pay { require x > 5 consume 1 of quota(5, every: "day") }')


def counted(capc, check):
    for what, child, parent, word in PAIRS:
        capc.file(child, "child.cap")
        capc.file(parent, "parent.cap")
        got, out, err = capc.run("narrows", "child.cap", "parent.cap")
        check(f"narrows: {what}", got == 5 and word in out, f"{got}\n{out}{err}")
        got, out, err = capc.run("diff", "parent.cap", "child.cap")
        check(f"diff: {what}", got in (2, 5), f"{got}\n{out}{err}")
        for file in ("child.cap", "parent.cap"):
            got, out, err = capc.run("narrows", file, file)
            check(f"narrows: itself, {what}", got == 0, f"{got}\n{out}{err}")
    capc.file(TWO_LIMITED, "two.cap")
    capc.file(TWO_LIMITED, "again.cap")
    got, out, err = capc.run("narrows", "two.cap", "two.cap")
    check("narrows: two limited capabilities, the same", got == 0, f"{got}\n{out}{err}")
    got, out, err = capc.run("diff", "two.cap", "again.cap")
    check("diff: two limited capabilities, in another file", got == 0 and "same" in out, out + err)
    # Guards that are the same as written leave a smaller limit decided.
    capc.file(text(guarded(0), SPENT.replace("quota(10", "quota(9")), "child.cap")
    capc.file(text(guarded(0), SPENT), "parent.cap")
    got, out, err = capc.run("narrows", "child.cap", "parent.cap")
    check("narrows: a smaller limit under one guard", got == 0, f"{got}\n{out}{err}")
