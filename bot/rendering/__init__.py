"""From an author's text and one customer's facts to a subject, plain text and HTML."""

from bot.rendering.content import Content, ContentFaults, Fault, Rendered, check_content, compile_content
from bot.rendering.preview import preview_of
from bot.rendering.statement import statement_name, statement_pdf

__all__ = [
    "Content",
    "ContentFaults",
    "Fault",
    "Rendered",
    "check_content",
    "compile_content",
    "preview_of",
    "statement_name",
    "statement_pdf",
]
