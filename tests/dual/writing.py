"""Short ways to write plans as the JSON that a planner would send."""


def lit(value):
    return {"is": "lit", "value": value}


def ref(name, *path):
    return {"is": "ref", "name": name, "path": list(path)}


def fmt(template, **parts):
    given = [{"name": name, "value": value} for name, value in parts.items()]
    return {"is": "fmt", "template": template, "parts": given}


def call(step, tool, **args):
    given = [{"name": name, "value": value} for name, value in args.items()]
    return {"do": "call", "id": step, "tool": tool, "args": given}


def field(name, kind, **more):
    optional = more.pop("optional", False)
    return {"name": name, "kind": {"type": kind, **more}, "optional": optional}


def extract(step, *inputs, fields, query="What does it say?", reveal=False):
    return {
        "do": "extract",
        "id": step,
        "query": query,
        "inputs": list(inputs),
        "fields": list(fields),
        "reveal": reveal,
    }


def for_each(step, over, var, *body, max_iter=5, collect=None):
    return {
        "do": "for_each",
        "id": step,
        "over": over,
        "var": var,
        "body": list(body),
        "max_iter": max_iter,
        "collect": collect,
    }


def choose(step, over, pick, *, where=(), key=(), keys=None):
    asked = [{"path": list(p), "op": op, "value": v} for p, op, v in where]
    return {
        "do": "choose",
        "id": step,
        "over": over,
        "pick": pick,
        "where": asked,
        "key": list(key),
        "keys": keys,
    }


def compute(step, fn, *args):
    return {"do": "compute", "id": step, "fn": fn, "args": list(args)}


def branch(step, cond, then, orelse=()):
    return {"do": "if", "id": step, "cond": cond, "then": list(then), "orelse": list(orelse)}


def ask(step, question):
    return {"do": "ask", "id": step, "question": question}


def answer(step, template, **parts):
    return {"do": "answer", "id": step, "text": fmt(template, **parts)}


def plan(*steps, effects=()):
    return {"version": 1, "goal": "the task", "effects": list(effects), "steps": list(steps)}
