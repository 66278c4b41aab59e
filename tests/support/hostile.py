"""Forty strings that a model, a file or a stranger may write, and that are text wherever they are shown.

    @pytest.mark.parametrize("name", HOSTILE)
    def test_nothing_is_obeyed(name):
        assert is_text(shown(HOSTILE[name]))

Each has a short name for test ids. Those that would run in a page call `alert`, or set `window.ran`: a test
sees either. None holds a NUL, which no YAML and no journal can carry.
"""

from __future__ import annotations

ESC, BEL = "\x1b", "\x07"
MEGABYTE = 1_000_000

HOSTILE: dict[str, str] = {
    # elements that run something
    "script": "<script>alert(1)</script>",
    "script_closing": "</script><script>window.ran=1</script>",
    "script_in_json": '"}</script><script>alert(1)</script>{"',
    "script_split": "<scr<script>ipt>alert(1)</scr</script>ipt>",
    "image_error": "<img src=x onerror=alert(1)>",
    "svg_load": "<svg/onload=alert(1)>",
    "details_toggle": "<details open ontoggle=alert(1)>",
    "iframe_srcdoc": "<iframe srcdoc='<script>parent.ran=1</script>'></iframe>",
    "style_import": "</style><style>@import 'https://example.invalid/x.css';</style>",
    "meta_refresh": '<meta http-equiv="refresh" content="0;url=https://example.invalid/">',
    "base": '<base href="https://example.invalid/">',
    "form": '<form action="https://example.invalid/"><input autofocus onfocus=alert(1)></form>',
    "comment": "--><script>alert(1)</script><!--",
    "cdata": "]]><script>alert(1)</script><![CDATA[",
    "textarea": "</textarea></title></noscript><img src=x onerror=alert(1)>",
    # attributes and addresses
    "attribute": '" onmouseover="alert(1)" x="',
    "attribute_single": "' onfocus='alert(1)' autofocus='",
    "attribute_bare": "x onclick=alert(1) y",
    "javascript": "javascript:alert(1)",
    "data_address": "data:text/html,<script>alert(1)</script>",
    "entity": "&lt;script&gt;alert(1)&lt;/script&gt; &amp;quot;",
    # templates, Markdown, LaTeX, spreadsheets
    "jinja": "{{ 7 * 7 }}{% for x in ().__class__.__bases__ %}{{ x }}{% endfor %}",
    "script_template": "${window.ran=1} `${alert(1)}` \\u003cscript\\u003e",
    "markdown_link": "[click](javascript:alert(1)) ![x](https://example.invalid/x.png)",
    "markdown_table": "a | b || c \\| d\n| --- |\n| e |",
    "markdown_fence": "```\n# heading\n```\n~~~ <b>bold</b>",
    "latex": "\\input{/etc/passwd} \\write18{ls} 50% $x_1^2$ #1 & ~ {} \\\\",
    "formula": "=cmd|'/C calc'!A0",
    "formula_plus": '+HYPERLINK("https://example.invalid","x")',
    "formula_at": "@SUM(1+1)*cmd|' /C calc'!A0",
    "formula_tab": "\t=1+1\r\n-2+3",
    # terminals and directions of writing
    "ansi": f"{ESC}[31mred{ESC}[0m{ESC}[2J{ESC}]0;title{BEL}",
    "hyperlink": f"{ESC}]8;;https://example.invalid{ESC}\\click{ESC}]8;;{ESC}\\",
    "backspaces": "wrong\b\b\b\b\bright\r\x7f\x9b1A",
    "override": "\u202egnp.exe\u202c \u2066긍정\u2069 \u200f\u061c",
    "separators": "one\u2028two\u2029three\x85four\x0bfive\x0csix",
    "invisible": "긍\u200b정\ufeff \u00ad\u3164\U000e0041 \ufffe\U0010ffff",
    "combining": "Z" + "\u0301\u0322\u0489" * 60,
    # size
    "long_line": "가" * MEGABYTE,
    "long_markup": "<b>" * (MEGABYTE // 3),
}
