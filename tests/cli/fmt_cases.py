"""What `capc fmt` promises: what it writes, what it leaves alone, and how it ends."""

import stat

UGLY = "module m\naction a{ n:int }\npolicy p { capability a { require n<5 } }\n"
NEAT = "module m\naction a { n: int }\npolicy p { capability a { require n < 5 } }\n"
WRONG = "module m\npolicy {"


def fmt(capc, check):
    path = capc.file(UGLY)
    status, out, err = capc.run("fmt", "--check", "policy.cap")
    check("fmt --check says what would change and changes nothing", status == 3 and not err and out
          == "would change: policy.cap\n1 file, 1 would change\n" and path.read_text() == UGLY, out)
    status, out, err = capc.run("fmt", "--diff", "policy.cap")
    check("fmt --diff shows it and changes nothing", status == 0 and "\n-action a{ n:int }\n" in out
          and "\n+action a { n: int }\n" in out and path.read_text() == UGLY, out)
    status, out, err = capc.run("fmt", "--check", "--diff", "policy.cap")
    check("fmt --check --diff: the diff alone, on standard output", status == 3
          and out.startswith("--- policy.cap\n") and err == "1 file, 1 would change\n", out + err)
    path.chmod(0o640)
    link = capc.folder / "link.cap"
    link.symlink_to(path.name)
    status, out, err = capc.run("fmt", "link.cap")
    check("fmt writes through a link and keeps the mode", status == 0 and link.is_symlink()
          and out == "formatted: link.cap\n" and path.read_text() == NEAT
          and stat.S_IMODE(path.stat().st_mode) == 0o640, out + err)
    locked = capc.file(UGLY, "locked.cap")
    locked.chmod(0o444)
    status, out, err = capc.run("fmt", "locked.cap")
    check("fmt does not replace a read-only file", status == 1 and not out and "read-only" in err
          and locked.read_text() == UGLY, out + err)
    before = path.stat()
    status, out, err = capc.run("fmt", "policy.cap")
    after = path.stat()
    check("what is in order is not written", status == 0 and not out
          and (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns), out)
    for name in ("-", "--stdin"):
        status, out, err = capc.run("fmt", name, text=UGLY)
        check(f"fmt {name} is a filter", status == 0 and out == NEAT and not err, out + err)
    fmt_refuses(capc, check)


def fmt_refuses(capc, check):
    path = capc.file(WRONG, "wrong.cap")
    status, out, err = capc.run("fmt", "wrong.cap")
    check("fmt leaves a syntax error alone", status == 3 and "error[CAP0103]" in err and not out
          and path.read_text() == WRONG, out + err)
    status, out, err = capc.run("fmt")
    check("fmt of nothing is wrong usage", status == 1 and not out, err)
    status, out, err = capc.run("fmt", "missing.cap")
    check("fmt of no file", status == 1 and "missing.cap" in err, err)
    (capc.folder / "sub").mkdir()
    ugly = capc.file(UGLY, "sub/ugly.cap")
    other = capc.file(UGLY, "sub/ugly.txt")
    status, out, err = capc.run("fmt", "sub", "wrong.cap")
    check("fmt of a folder: its policies, and of several files the gravest counts", status == 3
          and out == "formatted: sub/ugly.cap\n" and ugly.read_text() == NEAT
          and other.read_text() == UGLY, out + err)
    check("fmt leaves nothing behind", not list(capc.folder.glob("**/*.cap.*")))
