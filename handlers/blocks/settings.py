"""The settings' views: the signature for everybody, the rest for admins."""

from __future__ import annotations

from collections.abc import Sequence

from bot.domain.access import Position, Role
from bot.people.aliases import AliasRow
from bot.people.assignments import CustomerAssignment
from bot.people.users import SIGNATURE_LIMIT, UserPage, UserRow
from bot.people.workspace_settings import WorkspaceSettings
from handlers import ids
from handlers.blocks.common import (
    Block,
    actions,
    button,
    confirm,
    context,
    count_text,
    divider,
    escape,
    input_block,
    modal,
    option,
    plain,
    section,
)

ROLES = {Role.ADMIN: "Admin", Role.MEMBER: "Member"}
POSITIONS = {
    Position.FINANCE: "Finance user: all customers",
    Position.ACCOUNT_MANAGER: "Account manager: assigned ones",
}


def overview(signature: str, *, is_admin: bool, note: str = "") -> Block:
    """Return the first settings view."""
    blocks = [context(note)] if note else []
    blocks.append(
        input_block(
            "Your signature",
            text_input(ids.SETTINGS_SIGNATURE, signature, most=SIGNATURE_LIMIT, lines=True),
            block_id=ids.SETTINGS_SIGNATURE,
            optional=True,
            hint="Put into your messages by the tag {{sender.signature}}.",
        )
    )
    if is_admin:
        blocks += [
            divider(),
            section("*For admins*"),
            actions(
                [
                    button("Users", ids.SETTINGS_OPEN_USERS),
                    button("Aliases", ids.SETTINGS_OPEN_ALIASES),
                    button("Account managers", ids.SETTINGS_OPEN_ASSIGN),
                    button("Workspace", ids.SETTINGS_OPEN_WORKSPACE),
                    button("Sending", ids.SETTINGS_OPEN_SENDING),
                ]
            ),
        ]
    return modal("Settings", blocks, callback_id=ids.SETTINGS, submit="Save signature")


def users_view(page: UserPage) -> Block:
    """Return one page of the users."""
    blocks: list[Block] = [
        section(
            f"{count_text(page.total, 'person', 'people')} known here.",
            accessory=button("Let somebody in", ids.USERS_LET_IN, style="primary"),
        ),
        divider(),
    ]
    blocks += [
        section(_user_text(row), accessory=button("Change", ids.keyed(ids.USERS_CHANGE, row.id)))
        if row.slack_user_id
        else section(_user_text(row))
        for row in page.rows
    ]
    turns = []
    if page.page > 0:
        turns.append(button("Previous page", ids.keyed(ids.USERS_PAGE, page.page - 1)))
    if page.page + 1 < page.pages:
        turns.append(button("Next page", ids.keyed(ids.USERS_PAGE, page.page + 1)))
    blocks.append(context(f"Page {page.page + 1} of {page.pages}"))
    blocks.append(actions([*turns, _back()]))
    return modal("Users", blocks, callback_id=ids.USERS)


def _user_text(row: UserRow) -> str:
    what = f"{ROLES[row.role]}, {POSITIONS[row.position].lower()}" if row.role else "no access"
    known = "" if row.slack_user_id else " · known from an import, not seen in Slack yet"
    return f"*{escape(row.name)}*\n{what}{known}"


def user_view(row: UserRow | None) -> Block:
    """Return the form for one user; without `row`, for somebody to let in."""
    roles = [option(text, role.value) for role, text in ROLES.items()]
    positions = [option(text, position.value) for position, text in POSITIONS.items()]
    role, position = (row.role if row else None) or Role.MEMBER, row.position if row else Position.FINANCE
    blocks: list[Block] = []
    if row is None:
        person = {
            "type": "users_select",
            "action_id": ids.USER_PERSON,
            "placeholder": plain("Choose a person"),
        }
        blocks.append(input_block("Person", person, block_id=ids.USER_PERSON))
    else:
        blocks.append(section(f"*{escape(row.name)}* <@{row.slack_user_id}>"))
    blocks += [
        input_block("Role", _radio(ids.USER_ROLE, roles, role.value), block_id=ids.USER_ROLE),
        input_block("Position", _radio(ids.USER_POSITION, positions, position.value), block_id=ids.USER_POSITION),
    ]
    elements = [button("Back to users", ids.keyed(ids.USERS_PAGE, 0))]
    if row is not None and row.role is not None:
        sure = confirm("Take access away?", f"{row.name} will see nothing here any more.", "Take access away")
        take = button("Take access away", ids.keyed(ids.USER_TAKE_AWAY, row.id), style="danger", confirm=sure)
        elements.append(take)
    blocks.append(actions(elements))
    metadata = row.slack_user_id if row and row.slack_user_id else ""
    return modal("User", blocks, callback_id=ids.USER, metadata=metadata, submit="Save")


def aliases_view(rows: Sequence[AliasRow], note: str = "") -> Block:
    """Return the aliases (the first 40), with what can be done with each."""
    blocks: list[Block] = [context(note)] if note else []
    blocks.append(
        section(
            "Shared addresses that campaigns may be sent from." if rows else "No shared address yet.",
            accessory=button("Add an address", ids.ALIASES_ADD, style="primary"),
        )
    )
    for row in rows[:40]:
        state = "verified" if row.verified else "waits for its code"
        blocks.append(section(f"*{escape(row.name)}* {escape(row.email)}\n{state}"))
        remove = button(
            "Remove",
            ids.keyed(ids.ALIASES_REMOVE, row.id),
            confirm=confirm("Remove this address?", f"{row.email} can't be a sender any more.", "Remove"),
        )
        change = button("Change", ids.keyed(ids.ALIASES_CHANGE, row.id))
        waiting = [button("Enter code", ids.keyed(ids.ALIASES_ENTER_CODE, row.id)), _new_code(row)]
        blocks.append(actions([*([] if row.verified else waiting), change, remove]))
    blocks.append(actions([_back()]))
    return modal("Aliases", blocks, callback_id=ids.ALIASES)


def alias_view(row: AliasRow | None = None) -> Block:
    """Return the form for an alias; without `row`, for a new one."""
    email = {"type": "email_text_input", "action_id": ids.ALIAS_EMAIL, "placeholder": plain("billing@example.com")}
    name = text_input(ids.ALIAS_NAME, row.name if row else "", most=200)
    signature = text_input(ids.ALIAS_SIGNATURE, row.signature if row else "", most=SIGNATURE_LIMIT, lines=True)
    signs = "What {{sender.signature}} says in messages from this address."
    blocks = [
        section(f"*{escape(row.email)}*")
        if row
        else input_block("Address", email, block_id=ids.ALIAS_EMAIL, hint="A code is mailed to it."),
        input_block("Name beside it", name, block_id=ids.ALIAS_NAME, hint="Customers see it as the sender."),
        input_block("Signature", signature, block_id=ids.ALIAS_SIGNATURE, optional=True, hint=signs),
        actions([button("Back to aliases", ids.SETTINGS_OPEN_ALIASES)]),
    ]
    title, submit = ("Alias", "Save") if row else ("New alias", "Mail the code")
    return modal(title, blocks, callback_id=ids.ALIAS, metadata=str(row.id) if row else "", submit=submit)


def _new_code(row: AliasRow) -> Block:
    return button("Send a new code", ids.keyed(ids.ALIASES_SEND_AGAIN, row.id))


def code_view(row: AliasRow) -> Block:
    """Return the form that takes the code mailed to an alias."""
    blocks = [
        section(f"A code of six digits was mailed to {escape(row.email)}. It lasts 30 minutes."),
        input_block("Code", text_input(ids.CODE_DIGITS, "", most=12), block_id=ids.CODE_DIGITS),
        actions([_new_code(row), button("Back to aliases", ids.SETTINGS_OPEN_ALIASES)]),
    ]
    return modal("Verify the alias", blocks, callback_id=ids.CODE, metadata=str(row.id), submit="Verify")


def assign_view(of: CustomerAssignment | None, note: str = "") -> Block:
    """Return the form that says who looks after a customer; the customer is chosen first."""
    customer: Block = {
        "type": "external_select",
        "action_id": ids.ASSIGN_CUSTOMER,
        "min_query_length": 1,
        "placeholder": plain("Type a customer's name"),
    }
    if of is not None:
        customer["initial_option"] = option(of.customer_name, of.customer_id)
    blocks: list[Block] = [context(note)] if note else []
    blocks.append(section("*Customer*", accessory=customer, block_id=ids.ASSIGN_CUSTOMER))
    if of is not None:
        people: Block = {
            "type": "multi_external_select",
            "action_id": ids.keyed(ids.ASSIGN_USERS, of.customer_id),
            "min_query_length": 1,
            "placeholder": plain("Type a person's name"),
        }
        if of.account_managers:
            people["initial_options"] = [option(name, user_id) for user_id, name in of.account_managers]
        block_id = ids.keyed(ids.ASSIGN_USERS, of.customer_id)
        blocks.append(input_block("Account managers", people, block_id=block_id, optional=True))
    blocks.append(actions([_back()]))
    metadata = str(of.customer_id) if of else ""
    return modal("Account managers", blocks, callback_id=ids.ASSIGN, metadata=metadata, submit="Save" if of else None)


def workspace_view(settings: WorkspaceSettings) -> Block:
    """Return the form for the workspace's settings."""
    days = {
        "type": "number_input",
        "action_id": ids.WORKSPACE_RECENT_DAYS,
        "is_decimal_allowed": False,
        "initial_value": str(settings.recent_contact_days),
        "min_value": "0",
        "max_value": "365",
    }
    rows = [
        ("Organisation", ids.WORKSPACE_NAME, settings.organisation_name, "What {{organisation.name}} says."),
        ("Language", ids.WORKSPACE_LOCALE, settings.locale, "For customers without one: en, fr, de_AT."),
        ("Currency", ids.WORKSPACE_CURRENCY, settings.currency, "ISO 4217 code, such as EUR."),
        ("Time zone", ids.WORKSPACE_TIME_ZONE, settings.time_zone, "It decides which day it is: Europe/Paris."),
    ]
    blocks = [
        input_block(label, text_input(i, value, most=200), block_id=i, hint=hint) for label, i, value, hint in rows
    ]
    label = "Leave out customers written to in the last days"
    blocks += [
        input_block(label, days, block_id=ids.WORKSPACE_RECENT_DAYS, hint="0 leaves nobody out."),
        actions([_back()]),
    ]
    return modal("Workspace", blocks, callback_id=ids.WORKSPACE, submit="Save")


def text_input(action_id: str, value: str, *, most: int, lines: bool = False) -> Block:
    """Return a text input with what is in it now."""
    made: Block = {"type": "plain_text_input", "action_id": action_id, "max_length": most, "multiline": lines}
    return {**made, "initial_value": value} if value else made


def _radio(action_id: str, options: list[Block], value: str) -> Block:
    chosen = next(o for o in options if o["value"] == value)
    return {"type": "radio_buttons", "action_id": action_id, "options": options, "initial_option": chosen}


def _back() -> Block:
    return button("Back to settings", ids.SETTINGS_HOME)
