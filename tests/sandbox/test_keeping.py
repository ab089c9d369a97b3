"""What was said and mailed is written down, and another run goes on from it."""

from __future__ import annotations

import smtplib
from pathlib import Path

from slack_sdk import WebClient

from sandbox import MailCatcher, Sandbox, Sms, SmsCatcher
from sandbox.keeping import restore, save
from sandbox.person import Person
from tests.sandbox.tiny_app import MANIFEST


def test_another_run_goes_on(tmp_path: Path, slack: Sandbox, alice: Person, client: WebClient) -> None:
    path = tmp_path / "kept.json"
    posted = client.chat_postMessage(channel=alice.user_id, text="Sending")
    client.files_upload_v2(channel=alice.dm.channel_id, filename="a.csv", content="1,2")
    client.chat_postEphemeral(channel=alice.dm.channel_id, user=alice.user_id, text="For you")
    with MailCatcher() as mail, SmsCatcher() as sms:
        sms.restore([Sms("SM1", "+33612345678", sms.number, "Please pay.", status="delivered")], [])
        sms.inbound("+33612345678", "STOP")
        with smtplib.SMTP("127.0.0.1", mail.port) as smtp:
            smtp.sendmail("a@example.com", ["b@example.com"], b"Subject: Hello\r\n\r\nText\r\n")
        save(path, slack, mail, sms)

    with Sandbox(manifest=MANIFEST) as again, MailCatcher() as other, SmsCatcher() as phones:
        person = again.add_person("Alice Martin", user_id=alice.user_id, owner=True)
        restore(path, again, other, phones)
        fresh = WebClient(token=again.bot_token, base_url=again.api_url)
        fresh.chat_update(channel=posted["channel"], ts=posted["ts"], text="Sent")
        assert [one.text for one in person.dm.messages] == ["Sent", ""]
        assert [one.text for one in person.ephemerals] == ["For you"]
        assert [(one.name, one.content) for one in person.dm.files] == [("a.csv", b"1,2")]
        assert [str(one.message["Subject"]) for one in other.messages] == ["Hello"]
        assert other.messages[0].at == mail.messages[0].at
        assert (phones.messages, phones.answers) == (sms.messages, sms.answers)
        assert [(one.number, one.body) for one in phones.answers] == [("+33612345678", "STOP")]
        later = fresh.chat_postMessage(channel=person.user_id, text="New")
        assert later["channel"] == posted["channel"]
        assert float(later["ts"]) > float(posted["ts"])
        assert again.add_person("Bob").dm.channel_id not in (posted["channel"], "C0GENERAL1")


def test_nothing_kept_is_nothing_restored(tmp_path: Path, slack: Sandbox, alice: Person) -> None:
    with MailCatcher() as mail:
        restore(tmp_path / "none.json", slack, mail)
    assert alice.dm.messages == []
