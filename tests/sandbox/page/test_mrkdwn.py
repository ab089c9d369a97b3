"""mrkdwn becomes safe HTML."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.page.mrkdwn import Reader, mrkdwn, plain
from sandbox.page.rich_text import rich_text

READER = Reader({"U1": "Pat <Pay>", "C1": "general"}, ZoneInfo("Europe/Paris"))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("*a* _b_ ~c~ `d`", "<strong>a</strong> <em>b</em> <s>c</s> <code>d</code>"),
        ("a*b*c snake_case_word 2*3*4", "a*b*c snake_case_word 2*3*4"),
        ("*two words*, *b*.", "<strong>two words</strong>, <strong>b</strong>."),
        ("\u2060*\u2060guarded\u2060*\u2060", "\u2060*\u2060guarded\u2060*\u2060"),
        ("`*no* _marks_`", "<code>*no* _marks_</code>"),
        ("```\n*raw* <b>\n```", "<pre>*raw* &lt;b&gt;</pre>"),
        ("one\ntwo", "one<br>two"),
        ("> said\n> twice\nend", "<blockquote>said<br>twice</blockquote>end"),
        ("&lt;b&gt; &amp; <i>", "&lt;b&gt; &amp; &lt;i&gt;"),
        ("a < b > c & d", "a &lt; b &gt; c &amp; d"),
        (
            "<https://x.example/?a=1&amp;b=2|see *here*>",
            '<a href="https://x.example/?a=1&amp;b=2" target="_blank" rel="noopener noreferrer">see *here*</a>',
        ),
        (
            "<mailto:pat@x.example|pat>",
            '<a href="mailto:pat@x.example" target="_blank" rel="noopener noreferrer">pat</a>',
        ),
        ("<javascript:alert(1)|press>", "press"),
        ("<data:text/html,x>", "data:text/html,x"),
        ("<@U1>", '<span class="mention">@Pat &lt;Pay&gt;</span>'),
        ("<#C1>", '<span class="mention">#general</span>'),
        ("<!channel>", '<span class="mention">@channel</span>'),
        ("<!date^1700000000^{date_short} {time}|then>", "Nov 14, 2023 23:13"),
        ("<!date^nonsense^{time}|then>", "then"),
        (":warning: :unknown: 12:30:45", "⚠️ :unknown: 12:30:45"),
        ("\ue000\ue001 gone", " gone"),
    ],
)  # fmt: skip
def test_mrkdwn(text: str, shown: str) -> None:
    assert str(mrkdwn(text, READER)) == shown


def test_plain_text_keeps_its_marks() -> None:
    assert str(plain("*a* <b>\n:warning:")) == "*a* &lt;b&gt;<br>⚠️"


@given(st.text(alphabet="<>&*_~`|!@#:\"'\n\ue000abc/ ", max_size=60))
def test_nothing_but_our_own_tags_comes_out(text: str) -> None:
    shown = str(mrkdwn(text, READER))
    for tag in ("strong", "em", "s", "code", "pre", "blockquote", "br", "span"):
        for part in (f"<{tag}>", f"</{tag}>", '<span class="mention">'):
            shown = shown.replace(part, "")
    assert "<" not in shown
    assert '"' not in shown


def test_rich_text() -> None:
    section = {
        "type": "rich_text_section",
        "elements": [
            {"type": "text", "text": "<b> & ", "style": {"bold": True}},
            {"type": "link", "url": "javascript:alert(1)", "text": "press"},
            {"type": "user", "user_id": "U1"},
            {"type": "emoji", "name": "tada"},
        ],
    }
    quote = {"type": "rich_text_quote", "elements": [{"type": "text", "text": "said"}]}
    assert str(rich_text({"elements": [section, quote]}, READER)) == (
        '<p><strong>&lt;b&gt; &amp; </strong>press<span class="mention">@Pat &lt;Pay&gt;</span>🎉</p>'
        "<blockquote>said</blockquote>"
    )
