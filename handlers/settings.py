"""`/campaign settings`: one window whose view is replaced in place, so that the stack never grows."""

from __future__ import annotations

from typing import Any

from bot.campaigns import audiences
from bot.domain.access import Position, Role
from bot.errors import NotFound, UserError
from bot.people import aliases, assignments, users, workspace_settings
from bot.people.workspace_settings import WorkspaceSettings
from handlers import ids
from handlers.blocks import settings as blocks
from handlers.blocks.common import Block, escape, option
from handlers.deps import Deps
from handlers.entries import Entries
from handlers.parse import chosen, clicked, row_ids
from handlers.turn import Turn, bind, bind_options

FIELD_BLOCKS = {
    ids.SETTINGS: {"signature": ids.SETTINGS_SIGNATURE},
    ids.USER: {"person": ids.USER_PERSON, "role": ids.USER_ROLE},
    ids.ALIAS: {"email": ids.ALIAS_EMAIL, "name": ids.ALIAS_NAME},
    ids.CODE: {"code": ids.CODE_DIGITS},
    ids.WORKSPACE: {
        "organisation_name": ids.WORKSPACE_NAME,
        "locale": ids.WORKSPACE_LOCALE,
        "currency": ids.WORKSPACE_CURRENCY,
        "time_zone": ids.WORKSPACE_TIME_ZONE,
        "recent_contact_days": ids.WORKSPACE_RECENT_DAYS,
    },
}


def register(entries: Entries, deps: Deps) -> None:
    """Bind the settings' views, buttons and type-aheads."""
    for callback_id, entry in {
        ids.SETTINGS: save_signature,
        ids.USER: save_user,
        ids.ALIAS: save_alias,
        ids.CODE: check_code,
        ids.ASSIGN: save_assignment,
        ids.WORKSPACE: save_workspace,
    }.items():
        entries.view(callback_id)(bind(deps, entry))
    for action_id, click in {
        ids.SETTINGS_HOME: home,
        ids.SETTINGS_OPEN_USERS: show_users,
        ids.USERS_PAGE: show_users,
        ids.USERS_LET_IN: let_in,
        ids.USERS_CHANGE: change_user,
        ids.USER_TAKE_AWAY: take_away,
        ids.SETTINGS_OPEN_ALIASES: show_aliases,
        ids.ALIASES_ADD: add_alias,
        ids.ALIASES_ENTER_CODE: enter_code,
        ids.ALIASES_SEND_AGAIN: send_again,
        ids.ALIASES_CHANGE: change_alias,
        ids.ALIASES_REMOVE: remove_alias,
        ids.SETTINGS_OPEN_ASSIGN: show_assign,
        ids.ASSIGN_CUSTOMER: choose_customer,
        ids.SETTINGS_OPEN_WORKSPACE: show_workspace,
    }.items():
        entries.action(ids.per_row(action_id))(bind(deps, click))
    entries.options(ids.per_row(ids.ASSIGN_CUSTOMER))(bind_options(deps, customer_options))
    entries.options(ids.per_row(ids.ASSIGN_USERS))(bind_options(deps, user_options))


def open_settings(turn: Turn) -> None:
    """`/campaign settings` -> users.signature"""
    turn.open(_overview(turn))


def home(turn: Turn) -> None:
    """Back -> users.signature"""
    _show(turn, _overview(turn))


def save_signature(turn: Turn) -> None:
    """Save signature -> users.set_signature"""
    users.set_signature(turn.deps.db, turn.caller, turn.view.text(ids.SETTINGS_SIGNATURE))
    turn.replace(_overview(turn, "Your signature is saved."))


def show_users(turn: Turn) -> None:
    """Users, Previous, Next -> users.list_users"""
    _show(turn, blocks.users_view(users.list_users(turn.deps.db, turn.caller, page=_row(turn) or 0)))


def let_in(turn: Turn) -> None:
    """Let somebody in -> the form"""
    users.list_users(turn.deps.db, turn.caller)
    _show(turn, blocks.user_view(None))


def change_user(turn: Turn) -> None:
    """Change -> users.get_user"""
    _show(turn, blocks.user_view(users.get_user(turn.deps.db, turn.caller, _row(turn) or 0)))


def save_user(turn: Turn) -> None:
    """Save -> users.grant"""
    view = turn.view
    slack_id = view.payload.get("private_metadata") or (view.values.get(ids.USER_PERSON) or {}).get("selected_user")
    if not slack_id:
        raise UserError("Choose a person.", "person")
    users.list_users(turn.deps.db, turn.caller)  # admins only, before Slack is asked about anybody
    users.grant(
        turn.deps.db,
        turn.caller,
        turn.deps.person(turn.client, slack_id),
        role=_enum(Role, view.choice(ids.USER_ROLE)),
        position=_enum(Position, view.choice(ids.USER_POSITION)),
    )
    turn.replace(blocks.users_view(users.list_users(turn.deps.db, turn.caller)))


def take_away(turn: Turn) -> None:
    """Take access away -> users.take_away"""
    users.take_away(turn.deps.db, turn.caller, _row(turn) or 0)
    _show(turn, blocks.users_view(users.list_users(turn.deps.db, turn.caller)))


def show_aliases(turn: Turn) -> None:
    """Aliases -> aliases.list_aliases"""
    _show(turn, blocks.aliases_view(aliases.list_aliases(turn.deps.db, turn.caller)))


def add_alias(turn: Turn) -> None:
    """Add an address -> the form"""
    aliases.list_aliases(turn.deps.db, turn.caller)
    _show(turn, blocks.alias_view())


def change_alias(turn: Turn) -> None:
    """Change -> the form, aliases.get_alias"""
    _show(turn, blocks.alias_view(aliases.get_alias(turn.deps.db, turn.caller, _row(turn) or 0)))


def save_alias(turn: Turn) -> None:
    """Mail the code -> aliases.add_alias; Save of one there is -> aliases.change_alias"""
    db, view = turn.deps.db, turn.view
    name, signature = view.text(ids.ALIAS_NAME), view.text(ids.ALIAS_SIGNATURE)
    if there_is := view.payload.get("private_metadata"):
        (alias_id,) = row_ids((there_is,)) or (0,)
        row = aliases.change_alias(db, turn.caller, alias_id, name=name, signature=signature)
        turn.replace(blocks.aliases_view(aliases.list_aliases(db, turn.caller), f"{escape(row.email)} is saved."))
        return
    row = aliases.add_alias(db, turn.caller, email=view.text(ids.ALIAS_EMAIL), name=name, signature=signature)
    turn.deps.wake()
    turn.replace(blocks.code_view(row))


def enter_code(turn: Turn) -> None:
    """Enter code -> aliases.get_alias"""
    _show(turn, blocks.code_view(aliases.get_alias(turn.deps.db, turn.caller, _row(turn) or 0)))


def send_again(turn: Turn) -> None:
    """Send a new code -> aliases.send_code_again"""
    row = aliases.send_code_again(turn.deps.db, turn.caller, _row(turn) or 0)
    turn.deps.wake()
    _show(turn, blocks.code_view(row))


def check_code(turn: Turn) -> None:
    """Verify -> aliases.verify"""
    (alias_id,) = row_ids((turn.view.payload.get("private_metadata") or "",)) or (0,)
    digits = turn.view.text(ids.CODE_DIGITS)
    row = aliases.verify(turn.deps.db, turn.caller, alias_id, digits, secret_key=turn.deps.secret_key)
    rows = aliases.list_aliases(turn.deps.db, turn.caller)
    turn.replace(blocks.aliases_view(rows, f"{escape(row.email)} is verified and can be a sender."))


def remove_alias(turn: Turn) -> None:
    """Remove -> aliases.remove_alias"""
    aliases.remove_alias(turn.deps.db, turn.caller, _row(turn) or 0)
    _show(turn, blocks.aliases_view(aliases.list_aliases(turn.deps.db, turn.caller)))


def show_assign(turn: Turn) -> None:
    """Account managers -> the form"""
    users.list_users(turn.deps.db, turn.caller)
    _show(turn, blocks.assign_view(None))


def choose_customer(turn: Turn) -> None:
    """Customer chosen -> assignments.read"""
    (customer_id,) = row_ids((chosen(turn.body) or "",)) or (0,)
    _show(turn, blocks.assign_view(assignments.read(turn.deps.db, turn.caller, customer_id)))


def save_assignment(turn: Turn) -> None:
    """Save -> assignments.assign"""
    (customer_id,) = row_ids((turn.view.payload.get("private_metadata") or "",)) or (0,)
    people = row_ids(turn.view.choices(ids.ASSIGN_USERS))
    saved = assignments.assign(turn.deps.db, turn.caller, customer_id, people)
    turn.replace(blocks.assign_view(saved, "Saved."))


def show_workspace(turn: Turn) -> None:
    """Workspace -> workspace_settings.read"""
    _show(turn, blocks.workspace_view(workspace_settings.read(turn.deps.db, turn.caller)))


def save_workspace(turn: Turn) -> None:
    """Save -> workspace_settings.change"""
    view = turn.view
    days = view.whole(ids.WORKSPACE_RECENT_DAYS, "recent_contact_days")
    wanted = WorkspaceSettings(
        organisation_name=view.text(ids.WORKSPACE_NAME),
        locale=view.text(ids.WORKSPACE_LOCALE).strip(),
        currency=view.text(ids.WORKSPACE_CURRENCY).strip().upper(),
        time_zone=view.text(ids.WORKSPACE_TIME_ZONE).strip(),
        recent_contact_days=-1 if days is None else days,
    )
    workspace_settings.change(turn.deps.db, turn.caller, wanted)
    turn.replace(_overview(turn, "The workspace's settings are saved."))


def customer_options(turn: Turn) -> list[Block]:
    """Type-ahead over customers -> audiences.search"""
    found = audiences.search(turn.deps.db, turn.caller, turn.body.get("value") or "")
    return [option(each.name, each.id) for each in found]


def user_options(turn: Turn) -> list[Block]:
    """Type-ahead over users -> users.search"""
    return [option(row.name, row.id) for row in users.search(turn.deps.db, turn.caller, turn.body.get("value") or "")]


def _overview(turn: Turn, note: str = "") -> Block:
    signature = users.signature(turn.deps.db, turn.caller)
    return blocks.overview(signature, is_admin=turn.caller.is_admin, note=note)


def _show(turn: Turn, view: Block) -> None:
    turn.redraw(view, force=True)
    turn.ack()


def _row(turn: Turn) -> int | None:
    return ids.row_of(clicked(turn.body).get("action_id") or "")


def _enum(kind: Any, value: str | None) -> Any:
    try:
        return kind(value)
    except ValueError:
        raise NotFound("This choice is no longer there.") from None
