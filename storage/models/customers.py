"""Who owes what: customers, contacts with their positions, invoices, and who looks after whom."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from storage.db import BigId, UtcDateTime
from storage.models.base import Base, InWorkspace, Json, one_of, referable, within_workspace

Folded = String(600).with_variant(String(600, collation="C"), "postgresql")
"""Search columns: compared byte by byte on both databases, so that a prefix is a range of the index."""


class InvoiceStatus(StrEnum):
    """Where an invoice stands with its customer."""

    OPEN = "open"
    DISPUTED = "disputed"
    PAID = "paid"


class Customer(InWorkspace, Base):
    """The company that owes. `*_folded` hold the normalised forms that search compares (bot.domain.folding.fold)."""

    __tablename__ = "customers"
    __table_args__ = (
        referable(),
        UniqueConstraint("workspace_id", "external_id"),
        Index("ix_customers_name", "workspace_id", "name_folded"),
        Index("ix_customers_group", "workspace_id", "group_folded"),
    )

    external_id: Mapped[str] = mapped_column(String(200))
    name: Mapped[str] = mapped_column(String(300))
    name_folded: Mapped[str] = mapped_column(Folded)
    group_name: Mapped[str | None] = mapped_column(String(300))
    group_folded: Mapped[str | None] = mapped_column(Folded)
    language: Mapped[str | None] = mapped_column(String(20))
    currency: Mapped[str | None] = mapped_column(String(3))
    country: Mapped[str | None] = mapped_column(String(2))
    time_zone: Mapped[str | None] = mapped_column(String(64))
    paused_until: Mapped[date | None]
    """Do not contact until this day (exclusive)."""
    custom: Mapped[dict[str, str]] = mapped_column(Json, default=dict)
    last_contacted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """When a message of ours was last accepted for this customer, or before that what the import said."""


class Contact(InWorkspace, Base):
    """A person at a customer; at most one of a customer's contacts is the main one."""

    __tablename__ = "contacts"
    __table_args__ = (
        referable(),
        UniqueConstraint("workspace_id", "customer_id", "external_id"),
        within_workspace("customer_id", "customers", on_delete="CASCADE"),
        Index("ix_contacts_customer", "customer_id"),
        # never two main contacts of one customer
        Index(
            "uq_contacts_main",
            "customer_id",
            unique=True,
            sqlite_where=text("is_main"),
            postgresql_where=text("is_main"),
        ),
    )

    customer_id: Mapped[int] = mapped_column(BigId)
    external_id: Mapped[str] = mapped_column(String(320))
    """The import's id of the contact; where it gives none, the email or the name stands in."""
    first_name: Mapped[str] = mapped_column(String(200), default="")
    last_name: Mapped[str] = mapped_column(String(200), default="")
    email: Mapped[str | None] = mapped_column(String(320))
    """As imported: it may be wrong, and is checked before use."""
    phone: Mapped[str | None] = mapped_column(String(64))
    street: Mapped[str | None] = mapped_column(String(500))
    postcode: Mapped[str | None] = mapped_column(String(32))
    city: Mapped[str | None] = mapped_column(String(200))
    region: Mapped[str | None] = mapped_column(String(200))
    country: Mapped[str | None] = mapped_column(String(2))
    is_main: Mapped[bool] = mapped_column(default=False)

    positions: Mapped[list[ContactPosition]] = relationship(
        cascade="all, delete-orphan", lazy="selectin", passive_deletes=True
    )


class ContactPosition(InWorkspace, Base):
    """One position that a contact holds: Accountant, Payer, Purchaser, Sales, or a custom one."""

    __tablename__ = "contact_positions"
    __table_args__ = (
        UniqueConstraint("contact_id", "position"),
        within_workspace("contact_id", "contacts", on_delete="CASCADE"),
        Index("ix_contact_positions_position", "workspace_id", "position"),
    )

    contact_id: Mapped[int] = mapped_column(BigId)
    position: Mapped[str] = mapped_column(String(100))


class Invoice(InWorkspace, Base):
    """An invoice; amounts are minor units of its own currency (JPY has none, KWD has three digits)."""

    __tablename__ = "invoices"
    __table_args__ = (
        UniqueConstraint("workspace_id", "number"),
        within_workspace("customer_id", "customers", on_delete="CASCADE"),
        one_of("status", InvoiceStatus),
        CheckConstraint("status <> 'paid' OR outstanding = 0", name="paid_owes_nothing"),
        CheckConstraint("due_date >= issue_date", name="due_after_issue"),
        Index("ix_invoices_customer", "customer_id", "due_date"),
    )

    customer_id: Mapped[int] = mapped_column(BigId)
    number: Mapped[str] = mapped_column(String(200))
    issue_date: Mapped[date]
    due_date: Mapped[date]
    total: Mapped[int] = mapped_column(BigId)
    outstanding: Mapped[int] = mapped_column(BigId)
    currency: Mapped[str] = mapped_column(String(3))
    status: Mapped[str] = mapped_column(String(20))
    promised_on: Mapped[date | None]
    """The day by which the customer committed to pay this invoice."""


class Assignment(InWorkspace, Base):
    """One account manager of one customer."""

    __tablename__ = "assignments"
    __table_args__ = (
        UniqueConstraint("customer_id", "user_id"),
        within_workspace("customer_id", "customers", on_delete="CASCADE"),
        within_workspace("user_id", "users", on_delete="CASCADE"),
        Index("ix_assignments_user", "user_id", "customer_id"),
    )

    customer_id: Mapped[int] = mapped_column(BigId)
    user_id: Mapped[int] = mapped_column(BigId)
