"""The API's documentation as one plain page, rendered here from its description: nothing is loaded from elsewhere."""

import json
from html import escape
from typing import Any, cast

from whop_crm.api.v1.spec import Json, operations

_STYLE = """
:root{color-scheme:light dark;--page:#f8fafc;--card:#fff;--line:#e2e8f0;--text:#0f172a;--quiet:#475569;--act:#0369a1}
@media (prefers-color-scheme:dark){:root{--page:#0b1018;--card:#121822;--line:#263142;--text:#e6edf5;--quiet:#a3b1c4;
--act:#38bdf8}}
*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--text);font:15px/1.55 ui-sans-serif,system-ui,sans-serif}
main{max-width:920px;margin:0 auto;padding:32px 20px 80px}
h1{font-size:26px;margin:0 0 8px}h2{font-size:19px;margin:36px 0 10px}p{margin:0 0 10px}
a{color:var(--act)}
details{background:var(--card);border:1px solid var(--line);border-radius:8px;margin:0 0 8px;padding:0 14px}
summary{cursor:pointer;padding:11px 0;display:flex;flex-wrap:wrap;gap:4px 10px;align-items:baseline}
summary span{color:var(--quiet)}
summary::-webkit-details-marker{display:none}
b{font:600 13px/1.5 ui-monospace,monospace;min-width:54px}
code,pre{font:13px/1.5 ui-monospace,SFMono-Regular,Menlo,monospace}
pre{background:var(--page);border:1px solid var(--line);border-radius:6px;padding:10px 12px;overflow-x:auto;
margin:0 0 12px}
h3{font-size:14px;margin:14px 0 6px}
dl{margin:0 0 12px;display:grid;grid-template-columns:minmax(120px,max-content) 1fr;gap:4px 16px}
dt{overflow-wrap:anywhere}dd{margin:0;color:var(--quiet)}
:focus-visible{outline:3px solid var(--act);outline-offset:2px}
""".replace("\n", "")
_GOES_ON = " \\\n"


def page(spec: Json) -> str:
    tags = dict.fromkeys(operation["tags"][0] for _, _, operation in operations(spec))
    intro = "".join(f"<p>{_marked(part)}</p>" for part in spec["info"]["description"].split("\n\n"))
    sections = "".join(_section(spec, tag) for tag in tags)
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1"><link rel="icon" href="/favicon.svg">'
        f"<title>API · Whop CRM</title><style>{_STYLE}</style></head><body><main><h1>Whop CRM API</h1>{intro}"
        f'<p>For tools: <a href="openapi.json">openapi.json</a></p>{sections}</main></body></html>'
    )


def _section(spec: Json, tag: str) -> str:
    mine = [found for found in operations(spec) if found[2]["tags"][0] == tag]
    return f"<h2>{escape(tag)}</h2>" + "".join(_operation(spec, *found) for found in mine)


def _operation(spec: Json, path: str, method: str, operation: Json) -> str:
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
    parts = [_curl(spec, path, method, operation, body), _parameters(operation["parameters"])]
    if body is not None:
        parts.append(_fields(spec, "Body", body))
    answers = "".join(
        f"<dt><code>{status}</code></dt><dd>{escape(answer['description'])}</dd>"
        for status, answer in sorted(operation["responses"].items())
    )
    answered: Json = next(one for status, one in operation["responses"].items() if status.startswith("2"))
    shown: Json | None = answered.get("content", {}).get("application/json", {}).get("schema")
    if shown is not None:
        parts.append(f'<h3>Answer</h3><pre tabindex="0">{escape(_pretty(example(spec, shown)))}</pre>')
    return (
        f'<details id="{escape(operation["operationId"])}"><summary><b>{method}</b><code>{escape(path)}</code>'
        f"<span>{escape(operation['summary'])}</span></summary>{''.join(parts)}<h3>Status</h3><dl>{answers}</dl></details>"
    )


def _curl(spec: Json, path: str, method: str, operation: Json, body: Json | None) -> str:
    address = path
    for one in operation["parameters"]:
        if one["in"] == "path":
            address = address.replace(f"{{{one['name']}}}", str(example(spec, one["schema"])))
    lines = ["curl" + (f" -X {method}" if method != "GET" else "") + f" $CRM{address}"]
    if operation["security"]:
        lines.append('  -H "Authorization: Bearer $KEY"')
    if body is not None:
        lines += [
            '  -H "Content-Type: application/json"',
            f"  -d '{json.dumps(example(spec, body), ensure_ascii=False)}'",
        ]
    return f'<pre tabindex="0">{escape(_GOES_ON.join(lines))}</pre>'


def _parameters(parameters: list[Json]) -> str:
    if not parameters:
        return ""
    rows = "".join(f"<dt><code>{escape(one['name'])}</code></dt><dd>{escape(_words(one))}</dd>" for one in parameters)
    return f"<h3>Parameters</h3><dl>{rows}</dl>"


def _words(one: Json) -> str:
    said = one.get("description", "")
    schema = one["schema"]
    told = [one["in"], *(["required"] if one.get("required") else [])]
    if "default" in schema:
        told.append(f"default {schema['default']}")
    return f"{said} ({', '.join(told)})".strip()


def _fields(spec: Json, title: str, schema: Json) -> str:
    known = _resolved(spec, schema)
    rows = "".join(
        f"<dt><code>{escape(name)}</code></dt><dd>{escape(one.get('description', ''))}"
        f"{' (required)' if name in known.get('required', []) else ''}</dd>"
        for name, one in known.get("properties", {}).items()
    )
    return f"<h3>{escape(title)}</h3><dl>{rows}</dl>"


def _resolved(spec: Json, schema: Json) -> Json:
    if "$ref" in schema:
        return cast("Json", spec["components"]["schemas"][schema["$ref"].rpartition("/")[2]])
    return schema


def example(spec: Json, schema: Json, depth: int = 0) -> Any:
    """A value that fits the schema: the one it names, else a plain one of its type."""
    known = _resolved(spec, schema)
    if known.get("examples"):
        return known["examples"][0]
    for name in ("const", "default"):
        if known.get(name) not in (None, ""):
            return known[name]
    if "enum" in known:
        return known["enum"][0]
    choices = [one for one in known.get("anyOf", []) if one.get("type") != "null"]
    if choices:
        return example(spec, choices[0], depth)
    return _plain(spec, known, depth)


def _plain(spec: Json, known: Json, depth: int) -> Any:
    match known.get("type"):
        case "object" if depth < 6:
            return {name: example(spec, one, depth + 1) for name, one in known.get("properties", {}).items()}
        case "array" if depth < 6 and "items" in known:
            return [example(spec, known["items"], depth + 1)]
        case "integer" | "number":
            return known.get("minimum", 1)
        case "boolean":
            return True
        case "string":
            return "2026-11-22T12:00:00Z" if known.get("format") == "date-time" else "…"
        case _:
            return None


def _pretty(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)


def _marked(text: str) -> str:
    """Escaped, with what stands in backticks as code."""
    parts = escape(text).split("`")
    return "".join(f"<code>{part}</code>" if n % 2 else part for n, part in enumerate(parts))
