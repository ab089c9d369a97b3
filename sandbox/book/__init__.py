"""A sample book: about 300 customers and 900 invoices with everything that a real one has, dated around a given day."""

from sandbox.book.make import write_book

__all__ = ["write_book"]
