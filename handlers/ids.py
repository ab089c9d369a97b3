"""Every action, callback and block id of the app, a section a flow.

Ids of rows are `f"{CONST}:{row_id}"`, matched by `per_row(CONST)`. Inputs that the bot itself may fill again carry a
key after the same colon (`what_body:2`): Slack keeps what was typed as long as the block id stays, and shows a new
initial value only under a new one.
"""

from __future__ import annotations

from dataclasses import dataclass

SEPARATOR = ":"


@dataclass(frozen=True, slots=True)
class PerRow:
    """All ids that begin with `const`: followed by a row id or a key, or alone."""

    const: str


def per_row(const: str) -> PerRow:
    """Return what stands for `const` followed by a row id or a key, and `const` alone."""
    return PerRow(const)


def keyed(const: str, key: object) -> str:
    """Return the id of one row, or of one filling of an input."""
    return f"{const}{SEPARATOR}{key}"


def base(identifier: str) -> str:
    """Return the constant part of an id."""
    return identifier.partition(SEPARATOR)[0]


def row_of(identifier: str) -> int | None:
    """Return the row id that an id carries, or None where there is none; the row is still to be looked up."""
    row = identifier.partition(SEPARATOR)[2]
    return int(row) if row.isascii() and row.isdigit() and len(row) <= 18 else None


# the command
COMMAND = "/campaign"

# start: drafts to resume
START = "start"
START_NEW = "start_new"
START_RESUME = "start_resume"
START_DISCARD = "start_discard"

# who: picking customers
WHO = "who"
WHO_COUNTING = "who_counting"
WHO_FILTERS = "who_filters"
WHO_LIST = "who_list"
WHO_SAVE = "who_save"
WHO_TEXT = "who_text"
WHO_ACCOUNT_MANAGER = "who_account_manager"
WHO_OVERDUE_MIN = "who_overdue_min"
WHO_OVERDUE_MAX = "who_overdue_max"
WHO_DAYS_PAST_DUE = "who_days_past_due"
WHO_OUTSTANDING_MIN = "who_outstanding_min"
WHO_COUNTRIES = "who_countries"
WHO_LANGUAGES = "who_languages"
WHO_CURRENCIES = "who_currencies"
WHO_NOT_CONTACTED = "who_not_contacted"
WHO_NO_CONTACT = "who_no_contact"
WHO_CUSTOM_KEY = "who_custom_key"
WHO_CUSTOM_VALUE = "who_custom_value"
WHO_ALL = "who_all"
WHO_ADD = "who_add"
WHO_LEAVE_OUT = "who_leave_out"
WHO_MORE_FILTERS = "who_more_filters"
WHO_CLEAR_FILTERS = "who_clear_filters"
WHO_OPEN_LIST = "who_open_list"
WHO_OPEN_SAVE = "who_open_save"
WHO_USE_SAVED = "who_use_saved"
WHO_SAVE_NAME = "who_save_name"
WHO_FORGET = "who_forget"
WHO_LIST_TEXT = "who_list_text"
WHO_LIST_TOGGLE = "who_list_toggle"
WHO_LIST_PREVIOUS = "who_list_previous"
WHO_LIST_NEXT = "who_list_next"
WHO_COUNT = "who_count"

# what: writing
WHAT = "what"
WHAT_NAME = "what_name"
WHAT_SENDER = "what_sender"
WHAT_POSITIONS = "what_positions"
WHAT_CC = "what_cc"
WHAT_SUBJECT = "what_subject"
WHAT_BODY = "what_body"
WHAT_TAG_BODY = "what_tag_body"
WHAT_TAG_SUBJECT = "what_tag_subject"
WHAT_STATEMENT = "what_statement"
WHAT_PREVIEW = "what_preview"
WHAT_BACK = "what_back"

# check and send
CHECK = "check"
CHECK_BLOCKED = "check_blocked"
CHECK_PUT_BACK = "check_put_back"
CHECK_WHEN = "check_when"
CHECK_SEND_AT = "check_send_at"
CHECK_TEST = "check_test"
CHECK_LOOK = "check_look"
CHECK_BACK = "check_back"
CHECK_BACK_TO_WHO = "check_back_to_who"
PREVIEW_TEXT = "preview_text"
PREVIEW_PREVIOUS = "preview_previous"
PREVIEW_NEXT = "preview_next"
PREVIEW_LONGEST = "preview_longest"
PREVIEW_MOST_INVOICES = "preview_most_invoices"
PREVIEW_EMPTY = "preview_empty_tags"
LAUNCHED = "launched"

# settings: signature for everybody; users, aliases, account managers and the workspace for admins
SETTINGS = "settings"
SETTINGS_SIGNATURE = "settings_signature"
SETTINGS_OPEN_USERS = "settings_open_users"
SETTINGS_OPEN_ALIASES = "settings_open_aliases"
SETTINGS_OPEN_ASSIGN = "settings_open_assign"
SETTINGS_OPEN_WORKSPACE = "settings_open_workspace"
SETTINGS_OPEN_SENDING = "settings_open_sending"
SETTINGS_HOME = "settings_home"
USERS = "users"
USERS_PAGE = "users_page"
USERS_LET_IN = "users_let_in"
USERS_CHANGE = "users_change"
USER = "user"
USER_PERSON = "user_person"
USER_ROLE = "user_role"
USER_POSITION = "user_position"
USER_TAKE_AWAY = "user_take_away"
ALIASES = "aliases"
ALIASES_ADD = "aliases_add"
ALIASES_ENTER_CODE = "aliases_enter_code"
ALIASES_SEND_AGAIN = "aliases_send_again"
ALIASES_CHANGE = "aliases_change"
ALIASES_REMOVE = "aliases_remove"
ALIAS = "alias"
ALIAS_EMAIL = "alias_email"
ALIAS_NAME = "alias_name"
ALIAS_SIGNATURE = "alias_signature"
CODE = "code"
CODE_DIGITS = "code_digits"
ASSIGN = "assign"
ASSIGN_CUSTOMER = "assign_customer"
ASSIGN_USERS = "assign_users"
WORKSPACE = "workspace"
WORKSPACE_NAME = "workspace_name"
WORKSPACE_LOCALE = "workspace_locale"
WORKSPACE_CURRENCY = "workspace_currency"
WORKSPACE_TIME_ZONE = "workspace_time_zone"
WORKSPACE_RECENT_DAYS = "workspace_recent_days"
SENDING = "sending"
SENDING_HOURS = "sending_hours"
SENDING_SMS_PRICES = "sending_sms_prices"
SENDING_SMS_OPT_OUT = "sending_sms_opt_out"
SENDING_LETTER_STREET = "sending_letter_street"
SENDING_LETTER_POSTCODE = "sending_letter_postcode"
SENDING_LETTER_CITY = "sending_letter_city"
SENDING_LETTER_REGION = "sending_letter_region"
SENDING_LETTER_COUNTRY = "sending_letter_country"
SENDING_LETTER_CONTACT = "sending_letter_contact"
SENDING_LETTER_PAYMENT = "sending_letter_payment"
SENDING_LETTER_PRICES = "sending_letter_prices"
SENDING_LETTER_LAYOUT = "sending_letter_layout"

# the living message: one campaign in its creator's DM
CAMPAIGN_UNDO = "campaign_undo"
CAMPAIGN_PAUSE = "campaign_pause"
CAMPAIGN_RESUME = "campaign_resume"
CAMPAIGN_CANCEL = "campaign_cancel"
CAMPAIGN_SEND_NOW = "campaign_send_now"
CAMPAIGN_DRAFT = "campaign_draft"
ACTION_SEND = "action_send"
ACTION_IGNORE = "action_ignore"
ACTION_UNDO_IGNORE = "action_undo_ignore"
ACTION_FIX = "action_fix"
MANUAL_OPEN = "manual_open"
MANUAL_PAGE = "manual_page"
MANUAL_SEND_ALL = "manual_send_all"
MANUAL_IGNORE_ALL = "manual_ignore_all"
MANUAL_UNDO_ALL = "manual_undo_all"
MANUAL = "manual"
FIX = "fix"
FIX_EMAIL = "fix_email"
FIX_PHONE = "fix_phone"
FIX_STREET = "fix_street"
FIX_COMPANY = "fix_company"
FIX_PERSON = "fix_person"
FIX_POSTCODE = "fix_postcode"
FIX_CITY = "fix_city"
FIX_REGION = "fix_region"
FIX_COUNTRY = "fix_country"
FIX_CONTACT = "fix_contact"
FIX_KEEP = "fix_keep"

# timeline: one customer, how it stands and what happened
TIMELINE = "timeline"
TIMELINE_CUSTOMER = "timeline_customer"
TIMELINE_PAGE = "timeline_page"

# import: files, what was recognised, Import
IMPORT = "import"
IMPORT_FILES = "import_files"
IMPORT_READING = "import_reading"
IMPORT_READY = "import_ready"
IMPORT_OVER = "import_over"
IMPORT_COLUMN = "import_column"
IMPORT_ORDER = "import_order"
IMPORT_SIGN = "import_sign"
IMPORT_FULL = "import_full"
IMPORT_SKIP = "import_skip"
IMPORT_NEXT = "import_next"
IMPORT_PREVIOUS = "import_previous"
IMPORT_DISCARD = "import_discard"
IMPORT_OPEN = "import_open"

# suppressions: addresses that must not be contacted; for admins
SUPPRESSIONS = "suppressions"
SUPPRESSIONS_TEXT = "suppressions_text"
SUPPRESSIONS_PAGE = "suppressions_page"
SUPPRESSIONS_OPEN = "suppressions_open"
SUPPRESSIONS_OPEN_ADD = "suppressions_open_add"
SUPPRESSIONS_HISTORY = "suppressions_history"
SUPPRESSION = "suppression"
SUPPRESSION_REASON = "suppression_reason"
SUPPRESS = "suppress"
SUPPRESS_ADDRESSES = "suppress_addresses"
SUPPRESS_REASON = "suppress_reason"
SUPPRESSIONS_OPEN_PLACE = "suppressions_open_place"
SUPPRESS_PLACE = "suppress_place"
SUPPRESS_STREET = "suppress_street"
SUPPRESS_POSTCODE = "suppress_postcode"
SUPPRESS_CITY = "suppress_city"
SUPPRESS_REGION = "suppress_region"
SUPPRESS_COUNTRY = "suppress_country"
