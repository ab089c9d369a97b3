"""The workspace page around the modals: messages, people, the composer, the Home, files."""

from __future__ import annotations

import base64

from playwright.sync_api import Browser, expect
from playwright.sync_api import Page as Tab

from sandbox import Sandbox
from sandbox.page import Page
from sandbox.person import Person
from tests import browser as chromium
from tests.sandbox.page.conftest import Mirror, run
from tests.sandbox.tiny_app import actions, button, section

HOSTILE = "<script>document.title = 'owned'</script><img src=x onerror=\"document.title='owned'\">"

PIXEL = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNoAAAAggCBd81ytgAAAABJRU5ErkJggg==")
"""A picture of one point, as PNG."""


def test_the_composer_completes_commands(tab: Tab, mirror: Mirror) -> None:
    line = tab.get_by_label("Message", exact=True)
    line.press_sequentially("/t")
    expect(tab.get_by_role("option", name="/tiny")).to_be_visible()
    tab.keyboard.press("Tab")
    expect(line).to_have_value("/tiny ")
    mirror.show(section("here"))
    tab.keyboard.press("Enter")
    expect(tab.get_by_role("dialog", name="Shown")).to_be_visible()


def test_a_line_typed_on_is_sent_as_it_is_though_the_suggestions_are_behind(tab: Tab, mirror: Mirror) -> None:
    mirror.show(section("here"))
    tab.get_by_label("Message", exact=True).press_sequentially("/t")
    expect(tab.get_by_role("option", name="/tiny")).to_be_visible()
    chromium.hold(tab, "**/commands")
    tab.keyboard.type("iny more")
    tab.keyboard.press("Enter")
    expect(tab.get_by_role("dialog", name="Shown")).to_be_visible()


def test_what_is_no_command_is_answered_on_the_page(tab: Tab) -> None:
    run(tab, "hello")
    expect(tab.get_by_text("Nobody reads messages here")).to_be_visible()
    run(tab, "/other")
    expect(tab.get_by_text("/other is not a valid command.")).to_be_visible()


def test_messages_come_change_and_go_without_a_reload(tab: Tab, mirror: Mirror, alice: Person) -> None:
    log = tab.get_by_role("log", name="Messages")
    first = mirror.client.chat_postMessage(
        channel=alice.user_id, text="Ready", blocks=[section("*June* is ready"), actions(button("Send", "row"))]
    )
    expect(log.get_by_text("June is ready")).to_be_visible()
    mirror.client.chat_postMessage(channel=alice.user_id, text="Second, with <https://bolt.example|a link>")
    expect(log.get_by_role("article")).to_have_count(2)
    expect(log.get_by_role("link", name="a link")).to_have_attribute("href", "https://bolt.example")
    log.get_by_role("button", name="Send").click()
    assert mirror.acted()["action_id"] == "row"
    assert mirror.actions[0]["message"]["ts"] == first["ts"]
    mirror.client.chat_update(channel=first["channel"], ts=first["ts"], text="Sent by Alice", blocks=[])
    expect(log.get_by_text("Sent by Alice")).to_be_visible()
    expect(log.get_by_role("button", name="Send")).to_have_count(0)
    mirror.client.chat_delete(channel=first["channel"], ts=first["ts"])
    expect(log.get_by_role("article")).to_have_count(1)


def test_an_ephemeral_says_that_nobody_else_sees_it(tab: Tab, mirror: Mirror, alice: Person) -> None:
    mirror.client.chat_postEphemeral(channel=alice.dm.channel_id, user=alice.user_id, text="For you alone")
    expect(tab.get_by_role("article")).to_contain_text("Only visible to you")
    expect(tab.get_by_role("article")).to_contain_text("For you alone")


def test_people_are_switched_and_see_what_they_have_not_read(
    tab: Tab, mirror: Mirror, bob: Person, slack: Sandbox
) -> None:
    mirror.client.chat_postMessage(channel=bob.user_id, text="For Bob alone")
    switch = tab.get_by_role("link", name="Bob Roy")
    expect(switch).to_contain_text("1 unread")
    switch.click()
    expect(tab.get_by_text("For Bob alone")).to_be_visible()
    expect(tab.get_by_role("link", name="Bob Roy")).not_to_contain_text("unread")


def test_blocks_the_page_does_not_know_are_shown_as_such(tab: Tab, mirror: Mirror, alice: Person) -> None:
    rows = [[{"type": "raw_text", "text": one} for one in row] for row in (["Invoice", "Due"], ["INV-1", "120.00"])]
    with alice.workspace.lock:
        channel = alice.workspace.channels.direct(alice.user_id)
    mirror.client.chat_postMessage(
        channel=channel.channel_id,
        text="All",
        blocks=[
            {"type": "header", "text": {"type": "plain_text", "text": "A heading"}},
            {"type": "divider"},
            {"type": "table", "rows": rows, "column_settings": [{"align": "left"}, {"align": "right"}]},
            {"type": "context", "elements": [{"type": "mrkdwn", "text": "small"}]},
            {"type": "image", "image_url": "https://bolt.example/x.png", "alt_text": "a bar chart"},
            {
                "type": "rich_text",
                "elements": [
                    {"type": "rich_text_list", "style": "bullet", "elements": [
                        {"type": "rich_text_section", "elements": [{"type": "text", "text": "an item"}]}
                    ]}
                ],
            },
            {"type": "markdown", "text": "**bold** as written"},
            {"type": "file", "external_id": "x", "source": "remote"},
        ],
    )  # fmt: skip
    log = tab.get_by_role("log", name="Messages")
    expect(log.get_by_role("heading", name="A heading")).to_be_visible()
    expect(log.get_by_role("cell", name="120.00")).to_be_visible()
    expect(log.get_by_role("columnheader", name="Due")).to_be_visible()
    expect(log.get_by_role("img", name="a bar chart")).to_be_visible()
    expect(log.get_by_role("listitem").get_by_text("an item")).to_be_visible()
    expect(log.get_by_text("**bold** as written")).to_be_visible()
    expect(log.get_by_text("The sandbox doesn't draw “file”")).to_be_visible()


def test_the_home_is_opened_and_shown(tab: Tab, mirror: Mirror, alice: Person) -> None:
    chromium.bring_axe(tab)
    view = {"type": "home", "blocks": [section("Nothing to do"), actions(button("New", "new"))]}
    mirror.app.event("app_home_opened")(lambda event, client: client.views_publish(user_id=event["user"], view=view))
    tab.get_by_role("link", name="Home").click()
    expect(tab.get_by_text("Nothing to do")).to_be_visible()
    assert chromium.violations(tab) == []
    mirror.client.chat_postMessage(channel=alice.user_id, text="Meanwhile")
    expect(tab.get_by_role("navigation", name="Conversations").get_by_role("link", name="tiny")).to_contain_text(
        "1 unread"
    )
    tab.get_by_role("button", name="New").click()
    assert mirror.acted()["action_id"] == "new"
    assert mirror.actions[0]["view"]["type"] == "home"


def test_a_file_of_the_bot_can_be_fetched(tab: Tab, mirror: Mirror, alice: Person) -> None:
    mirror.client.files_upload_v2(
        channel=alice.dm.channel_id, filename="actions.csv", content="a,b\n1,2\n", title="The actions"
    )
    with tab.expect_download() as download:
        tab.get_by_role("link", name="The actions").click()
    assert download.value.path().read_text() == "a,b\n1,2\n"


def test_a_picture_of_the_bot_is_drawn(tab: Tab, mirror: Mirror, alice: Person) -> None:
    sent = mirror.client.files_upload_v2(channel=alice.dm.channel_id, filename="chart.png", content=PIXEL)
    picture = {"type": "image", "slack_file": {"id": sent["file"]["id"]}, "alt_text": "paid by week"}
    mirror.client.chat_postMessage(channel=alice.user_id, text="Chart", blocks=[picture])
    log = tab.get_by_role("log", name="Messages")
    for name in ("chart.png", "paid by week"):
        drawn = log.get_by_role("img", name=name)
        expect(drawn).to_be_visible()
        expect(drawn).to_have_js_property("naturalWidth", 1)


def test_hostile_words_run_nothing(tab: Tab, mirror: Mirror, alice: Person, slack: Sandbox) -> None:
    evil = HOSTILE.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    url = "https://x.example/\" onmouseover=\"document.title='owned'"
    mirror.client.chat_postMessage(
        channel=alice.user_id,
        text="Hostile",
        blocks=[
            section(f"{evil} {HOSTILE} <javascript:document.title='owned'|press> <{url}|look>"),
            actions(button(HOSTILE[:75], "a")),
            {"type": "markdown", "text": HOSTILE},
            {"type": "context", "elements": [{"type": "plain_text", "text": HOSTILE}]},
        ],
    )
    message = tab.get_by_role("article")
    expect(message).to_be_visible()
    expect(message.locator("script, img, [onmouseover], [onerror], a[href^=javascript]")).to_have_count(0)
    message.get_by_text("look").hover()
    mirror.show(section(evil), callback_id=HOSTILE, private_metadata=HOSTILE)
    run(tab)
    expect(tab.get_by_role("dialog", name="Shown").get_by_text("<script>")).to_be_visible()
    assert tab.title() == "Alice Martin · Sandbox"


def test_when_the_sandbox_stops_the_page_says_so(browser: Browser, site: Page, alice: Person) -> None:
    with chromium.tab(browser, strict=False) as tab:
        tab.goto(site.url)
        expect(tab.get_by_label("Message", exact=True)).to_be_visible()
        site.stop()
        expect(tab.get_by_text("The sandbox has stopped")).to_be_visible()
