"""capc import: what comes out compiles and says what was left out."""

import json
import stat

FUNCTION = {"type": "function", "function": {
    "name": "send-email", "description": "Sends one mail.\n} policy evil { }\u0007",
    "parameters": {"type": "object", "additionalProperties": False, "properties": {
        "to": {"type": "array", "items": {"type": "string", "format": "email"}, "maxItems": 5},
        "for": {"type": "string", "maxLength": 20, "description": "whom\nit // is for"},
        "start-at": {"type": "string", "format": "date-time"},
        "priority": {"type": "string", "enum": ["low", "high"], "default": "low"},
        "urgency": {"enum": ["low", "high", None]},
        "copies": {"type": "integer", "minimum": 1, "maximum": 3, "default": 1},
        "amount": {"type": "number", "multipleOf": 0.01},
        "tags": {"type": "array", "items": {"type": "string"}, "uniqueItems": True},
        "lines": {"type": "array", "items": {"$ref": "#/$defs/Line"}},
        "quiet": {"type": "boolean", "default": False},
        "ratio": {"anyOf": [{"type": "number"}, {"type": "null"}], "default": 0.5}},
        "$defs": {"Line": {"type": "object", "required": ["sku"], "properties": {
            "sku": {"type": "string"}, "count": {"type": "integer", "default": 1}}}},
        "required": ["to", "for", "lines"]}}}

WRITTEN = """\
// Made from tool schemas by `capc import tools`. Schemas say less than a policy needs: review it.
// A number is `decimal(6)` here: at most 6 digits follow its point, and a call with more is
// denied.
// What is marked `money?` is a number until somebody says its currency: `money in "USD"`, or
// `money in f` where the argument `f` names the currency.
module mail

enum SendEmailPriority { "low", "high" }

record SendEmailLines {
  sku: string
  // not checked here: default 1
  count: int?
}

// Sends one mail. } policy evil { }\ufffd
action send_email of "send-email" {
  to: list<email> max 5
  // whom it // is for
  `for`: string max 80
  `start-at`: instant?
  priority: SendEmailPriority = "low"
  urgency: SendEmailPriority?
  // not checked here: minimum 1, maximum 3
  copies: int = 1
  // money? the schema names no currency
  amount: decimal(2)?
  tags: set<string>?
  lines: list<SendEmailLines>
  quiet: bool = false
  // not checked here: default 0.5
  ratio: decimal(6)?
}
"""


def import_tools(capc, check):
    capc.file(json.dumps(FUNCTION), "tools.json")
    status, out, err = capc.run("import", "tools", "tools.json", "-o", "mail.cap")
    text = (capc.folder / "mail.cap").read_text()
    check("a schema becomes an action", status == 0 and not out and text == WRITTEN, text + err)
    check("and the report says so", err == "send-email as send_email: 11 typed\n1 tools imported, 0 "
          "refused\n11 of 11 arguments typed (100.0 %), of scalars 8 of 8 (100.0 %)\n", err)
    mode = stat.S_IMODE((capc.folder / "mail.cap").stat().st_mode)
    check("with the mode of any new file", mode == 0o666 & ~_umask(), oct(mode))
    status, out, _ = capc.run("check", "mail.cap")
    check("which compiles", status == 0 and out == "mail.cap: ok\n", out)
    policy = 'module p\nimport mail\npolicy p { capability send_email { require CONDITION } }\n'
    capc.file(policy.replace("CONDITION", "copies <= 2 and size(to) == 1"))
    check("a policy uses it", capc.run("check", "policy.cap")[0] == 0)
    capc.file(policy.replace("CONDITION", "copis <= 2"))
    status, out, _ = capc.run("check", "policy.cap")
    check("and names no argument that it lacks", status == 3 and "CAP0301" in out
          and "did you mean `copies`?" in out, out)
    _forms(capc, check)
    _refusals(capc, check)


def _umask():
    import os
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _forms(capc, check):
    schema = {"type": "object", "properties": {"id": {"type": "string"}}, "required": ["id"]}
    mcp = {"name": "read", "description": "Reads.", "inputSchema": schema}
    flat = {"tool": "read", "doc": "Reads.", "params": {
        "id": {"type": "string", "enum": None, "items": None, "required": True, "doc": None}}}
    body = "\n// Reads.\naction read {\n  id: string\n}\n"
    forms = [{"type": "function", "function": {"name": "read", "description": "Reads.",
                                               "parameters": schema}},
             {"name": "read", "description": "Reads.", "parameters": schema},
             {"tools": [mcp]}, {"jsonrpc": "2.0", "id": 1, "result": {"tools": [mcp]}}, [mcp, mcp],
             flat]
    for form in forms:
        status, out, err = capc.run("import", "tools", "-", text=json.dumps(form))
        check(f"{form}: is a tool", status == 0 and out.endswith("module tools\n" + body), out + err)
    lines = "".join(json.dumps(form) + "\n" for form in forms)
    status, out, err = capc.run("import", "tools", "--report", "json", "-", text=lines)
    report = json.loads(err)
    check("equal tools are one", status == 0 and out.endswith(body)
          and report["counts"]["tools"] == 1 and report["counts"]["doubled"] == 6, err)
    check("the report names places", report["tools"][0]["origin"] == "<stdin>:1", err)
    flat["params"] = {"cc": {"type": "list[str] | None", "required": False, "default": None},
                      "amount": {"type": "float", "required": True},
                      "id": {"type": "int", "required": False, "default": 7}}
    status, out, err = capc.run("import", "tools", "--module", "m", "--scale", "2", "-",
                                text=json.dumps(flat))
    _maps(capc, check)
    check("types as programmers write them", status == 0 and "  cc: list<string>?\n" in out
          and "  amount: decimal(2)\n" in out and "  id: int = 7\n" in out
          and "\nmodule m\n" in out, out + err)


def _maps(capc, check):
    types = {"counts": ({"type": "integer"}, "map<string, int>?"),
             "rates": ({"type": "number", "multipleOf": 0.01}, "map<string, decimal(2)>?"),
             "words": ({"type": "string", "maxLength": 5}, "map<string, string max 20>?"),
             "kinds": ({"enum": ["a", "b"]}, "map<string, PutKinds>?"),
             "mails": ({"type": "string", "format": "email"}, "map<string, email>?"),
             "maybe": ({"type": ["string", "null"]}, "json?"),
             "deep": ({"type": "object", "properties": {"id": {"type": "string"}}}, "json?"),
             "lists": ({"type": "array", "items": {"type": "string"}}, "json?"),
             "maps": ({"type": "object", "additionalProperties": {"type": "string"}}, "json?"),
             "free": (True, "json?"), "odd": ({}, "json?")}
    tool = {"name": "put", "parameters": {"properties": {
        name: {"type": "object", "additionalProperties": of, "maxProperties": 7}
        for name, (of, _) in types.items()}}}
    status, out, err = capc.run("import", "tools", "--module", "m", "-", text=json.dumps(tool))
    capc.file(out, "maps.cap")
    for name, (_, written) in types.items():
        bound = written if written == "json?" else written.replace(">?", "> max 7?")
        check(f"an object of any names: {name}", status == 0 and f"  {name}: {bound}\n" in out, out + err)
    check("it compiles", capc.run("check", "maps.cap")[0] == 0, out)


def _refusals(capc, check):
    tools = [{"name": "good", "parameters": {}},
             {"name": "bad", "parameters": {"properties": {"a`b": {"type": "string"}}}},
             {"name": "good", "parameters": {"properties": {"id": {"type": "string"}}}},
             {"name": "wide", "parameters": {"properties": {
                 f"p{i}": {"type": "string"} for i in range(200)}}},
             {"name": "any", "parameters": {"anyOf": [{}]}}, 7]
    capc.file(json.dumps(tools), "tools.json")
    status, out, err = capc.run("import", "tools", "tools.json")
    check("what can be imported is", status == 3 and out.endswith("\naction good {}\n"), out)
    for reason in ['"bad": its argument "a`b" cannot be spelt: a name cannot have a back-quote',
                   '"good": tools.json has a tool of this name with other arguments',
                   '"wide": the action `wide` has more than 128 values',
                   '"any": its arguments are a `anyOf`, not a list', "tools.json: no tool: 7",
                   "1 tools imported, 5 refused"]:
        check(f"said: {reason}", reason in err, err)
    before = capc.file("kept\n", "kept.cap")
    capc.file('{"name": "x"', "tools.json")
    status, out, err = capc.run("import", "tools", "tools.json", "-o", "kept.cap")
    check("nothing is written for nothing", status == 3 and before.read_text() == "kept\n", err)
    capc.file(json.dumps({"name": "x"}), "tools.json")
    status, out, err = capc.run("import", "tools", "tools.json", "-o", "kept.cap")
    check("what was written by hand is not lost", status == 1 and "`--force`" in err
          and before.read_text() == "kept\n", err)
    schemas = capc.folder / "tools.json"
    held = schemas.read_text()
    status, out, err = capc.run("import", "tools", "tools.json", "-o", "tools.json")
    check("nor the schemas", status == 1 and schemas.read_text() == held, err)
    for words in (["--force"], []):
        status, out, err = capc.run("import", "tools", "tools.json", "-o", "kept.cap", *words)
        check("--force writes over it, and what is the same may be written again", status == 0
              and "action x" in before.read_text(), err)
    check("an unreadable file", capc.run("import", "tools", "none.json")[0] == 1)
    check("a bad module name", capc.run("import", "tools", "--module", "a b", "none.json")[0] == 1)
    deep = {"type": "string"}
    for _ in range(40):
        deep = {"type": "object", "properties": {"x": deep}}
    status, out, err = capc.run("import", "tools", "-", text=json.dumps(
        {"name": "deep", "parameters": {"properties": {"x": deep}}}))
    check("nesting beyond the reader is refused", status == 3 and "nests at most" in err, err)
    many = [{"name": f"t{i}"} for i in range(5000)]
    status, _, err = capc.run("import", "tools", "-", text=json.dumps(many))
    check("too many tools", status == 3 and "more than 4096 tools" in err, err)
