"""Writes the manual page and the completion of bash from what `capc --help` says, so that neither can
say anything else. usage: manual.py CAPC FOLDER (gets capc.1 and capc.bash)"""

import pathlib
import re
import subprocess
import sys

# The name stops before the value that a name alone stands for, as in `--coverage{clauses}`.
OPTION = re.compile(r"^  (-[^ {]*(?:,--[^ {]+)?)(?:\{[^}]*\})?( .*)?$")


def help_of(capc, *command):
    run = subprocess.run([capc, *command, "--help"], capture_output=True, text=True, check=True)
    return run.stdout.rstrip().splitlines()


def commands_of(lines):
    if "Subcommands:" not in lines:
        return []
    begin = lines.index("Subcommands:") + 1
    return [line.split()[0] for line in lines[begin:lines.index("", begin)]]


def options_of(lines):
    """(names, values that an option may have) of each option."""
    options = []
    for line in lines:
        match = OPTION.match(line)
        if not match:
            continue
        values = re.search(r"\{([^}]*)\}", match.group(2) or "")
        options.append((match.group(1).split(","), values.group(1).split(",") if values else []))
    return options


def roff(line):
    line = line.replace("\\", "\\e").replace("-", "\\-")
    return "\\&" + line if line.startswith((".", "'")) else line


def manual(pages, version):
    out = [f'.TH CAPC 1 "" "capc {version}" "User Commands"', ".SH NAME",
           "capc \\- a policy language for what an agent may do, its compiler and its evaluator"]
    for title, lines in pages:
        out += [f".SH {title}", ".nf"] + [roff(line) for line in lines] + [".fi"]
    return "\n".join(out) + "\n"


def completion(commands):
    groups = sorted({name.split()[0] for name in commands if " " in name})
    out = ["# Completion of capc for bash; zsh reads it after `autoload -U bashcompinit; bashcompinit`.",
           "_capc() {",
           '  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} words="" files=""',
           '  local command=${COMP_WORDS[1]}',
           '  [ "$before" = "=" ] && before=${COMP_WORDS[COMP_CWORD-2]}']
    if groups:
        out += [f'  case "$command" in {"|".join(groups)})',
                '    [ "$COMP_CWORD" -gt 2 ] && command="$command ${COMP_WORDS[2]}" ;; esac']
    out += ['  case "$command:$before" in']
    for name, options in commands.items():
        for names, values in options:
            if values:
                patterns = "|".join(f'"{name}":{option}' for option in names)
                out.append(f'    {patterns}) words="{" ".join(values)}" ;;')
    out += ['  esac', '  if [ -z "$words" ]; then', "    files=yes", '    case "$command" in']
    for name, options in commands.items():
        names = " ".join(option for names, _ in options for option in names)
        below = [other.split()[1] for other in commands if other.startswith(name + " ")]
        only = ' files=""' if below else ""
        out.append(f'      "{name}") words="{" ".join([*below, names])}"{only} ;;')
    whole = " ".join(name for name in commands if " " not in name)
    out += [f'      *) words="{whole} --help --version"; files="" ;;', "    esac", "  fi",
            '  COMPREPLY=($(compgen -W "$words" -- "$word"))',
            "  # Where no option was begun, a file is meant.",
            '  if [ -n "$files" ] && [ "${word#-}" = "$word" ]; then',
            '    COMPREPLY=($(compgen -f -- "$word"))', "  fi", "}",
            "complete -o filenames -F _capc capc"]
    return "\n".join(out) + "\n"


def main():
    capc, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    whole = help_of(capc)
    helps = {}
    for name in commands_of(whole):
        helps[name] = help_of(capc, name)
        for below in commands_of(helps[name]):
            helps[f"{name} {below}"] = help_of(capc, name, below)
    version = subprocess.run([capc, "--version"], capture_output=True, text=True,
                             check=True).stdout.split()[1]
    pages = [("SYNOPSIS", whole)] + [(f'"CAPC {n.upper()}"', lines) for n, lines in helps.items()]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "capc.1").write_text(manual(pages, version))
    (folder / "capc.bash").write_text(completion({n: options_of(h) for n, h in helps.items()}))


main()
