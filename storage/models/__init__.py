"""Every table, in one place to import from."""

from storage.models.base import Base
from storage.models.campaigns import Action, ActionHistory, Campaign, SavedAudience
from storage.models.customers import (
    Assignment,
    Contact,
    ContactPosition,
    Customer,
    Invoice,
    InvoiceStatus,
)
from storage.models.engine import RateToken, WorkerSeen
from storage.models.imports import Import, ImportFile, ImportMap, ImportState
from storage.models.inbox import Mailbox, ProviderReceipt, Reply, ReplyKind
from storage.models.notifications import (
    Notification,
    NotificationKind,
    SystemMail,
    SystemMailKind,
    SystemMailState,
)
from storage.models.suppressions import Suppression, SuppressionEvent, SuppressionHistory
from storage.models.workspaces import Alias, Setting, User, Workspace

__all__ = [
    "Action",
    "ActionHistory",
    "Alias",
    "Assignment",
    "Base",
    "Campaign",
    "Contact",
    "ContactPosition",
    "Customer",
    "Import",
    "ImportFile",
    "ImportMap",
    "ImportState",
    "Invoice",
    "InvoiceStatus",
    "Mailbox",
    "Notification",
    "NotificationKind",
    "ProviderReceipt",
    "RateToken",
    "Reply",
    "ReplyKind",
    "SavedAudience",
    "Setting",
    "Suppression",
    "SuppressionEvent",
    "SuppressionHistory",
    "SystemMail",
    "SystemMailKind",
    "SystemMailState",
    "User",
    "WorkerSeen",
    "Workspace",
]
