"""The email channel against a real SMTP server: each way of failing says exactly what it means."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from dataclasses import replace

import pytest

from bot.channels.base import AuthBroken, Message, Rejected, SendError, Transient, Uncertain
from bot.channels.email import EmailChannel
from bot.channels.smtp import SmtpTarget, Timeouts
from tests.bot.channels.mail_server import MailServer, authenticate, mail_server

QUICK = Timeouts(connect=5, command=5, answer=5)


@pytest.fixture(params=["one by one", "pipelining"])
def server(request: pytest.FixtureRequest) -> Iterator[MailServer]:
    with mail_server() as running:
        running.pipelining = request.param == "pipelining"
        yield running


def channel(port: int, timeouts: Timeouts = QUICK, login: str = "") -> EmailChannel:
    return EmailChannel(SmtpTarget.parse(f"smtp://{login}127.0.0.1:{port}"), timeouts=timeouts)


def message(*to: str, **values: object) -> Message:
    defaults: dict[str, object] = {
        "action_id": 1,
        "message_id": "<1@example.com>",
        "sender": ("Alice", "alice@example.com"),
        "to": tuple(("Pat", address) for address in to),
        "subject": "Reminder",
        "text": "Hello\n.leading dot\n",
        "html": "<p>Hello</p>",
    }
    return Message(**(defaults | values))  # type: ignore[arg-type]


@pytest.mark.parametrize(("code", "error"), [(550, Rejected), (450, Transient)])
def test_a_message_that_only_its_copies_would_get_is_not_sent(
    server: MailServer, code: int, error: type[SendError]
) -> None:
    server.answers["pat"] = f"{code} 5.1.1 No such user"
    connection = channel(server.port).open()
    with pytest.raises(error, match=r"pat@acme\.example: "):
        connection.send(message("pat@acme.example", cc=(("", "boss@acme.example"),)))
    assert server.received == []
    connection.send(message("sam@acme.example"))
    assert [one.recipients for one in server.received] == [("sam@acme.example",)]


def test_accepted_the_receipt_has_the_servers_words_and_the_envelope_is_from_the_sender(server: MailServer) -> None:
    receipt = channel(server.port).open().send(message("pat@acme.example", cc=(("", "boss@acme.example"),)))
    assert receipt.provider_id == "250 2.0.0 Ok: queued as 4711"
    assert dict(receipt.refused) == {}
    [mail] = server.received
    assert mail.sender == "alice@example.com"
    assert mail.recipients == ("pat@acme.example", "boss@acme.example")
    assert mail.message["Message-ID"] == "<1@example.com>"
    body = mail.message.get_body(("plain",))
    assert body is not None
    assert body.get_content().replace("\r\n", "\n") == "Hello\n.leading dot\n"


def test_many_messages_keep_one_connection(server: MailServer) -> None:
    connection = channel(server.port).open()
    for n in range(5):
        connection.send(message("pat@acme.example", message_id=f"<{n}@example.com>"))
    connection.close()
    connection.close()
    assert (len(server.received), server.sessions) == (5, 1)


def test_a_refused_recipient_among_several_is_named_and_the_others_get_it(server: MailServer) -> None:
    server.answers["gone"] = "550 5.1.1 No such user"
    receipt = channel(server.port).open().send(message("gone@acme.example", "pat@acme.example"))
    assert dict(receipt.refused) == {"gone@acme.example": "550 5.1.1 No such user"}
    assert server.received[0].recipients == ("pat@acme.example",)


def test_all_refused_for_good_is_rejected_with_the_servers_words(server: MailServer) -> None:
    server.answers |= {"gone": "550 5.1.1 No such user", "busy": "450 4.2.1 Try later"}
    connection = channel(server.port).open()
    with pytest.raises(Rejected) as caught:
        connection.send(message("gone@acme.example", "busy@acme.example"))
    assert caught.value.refused["gone@acme.example"] == "550 5.1.1 No such user"
    connection.send(message("pat@acme.example"))  # the connection goes on
    assert server.sessions == 1


def test_all_put_off_is_transient(server: MailServer) -> None:
    server.answers["busy"] = "450 4.2.1 Try later"
    with pytest.raises(Transient, match="Try later"):
        channel(server.port).open().send(message("busy@acme.example"))


@pytest.mark.parametrize(("answer", "error"), [("554 5.7.1 Spam", Rejected), ("451 4.3.0 Disk full", Transient)])
def test_the_answer_to_the_message_itself_counts(server: MailServer, answer: str, error: type[Exception]) -> None:
    server.data_answers["pat"] = answer
    connection = channel(server.port).open()
    with pytest.raises(error, match=answer):
        connection.send(message("pat@acme.example"))
    connection.send(message("sam@acme.example"))
    assert [r.recipients for r in server.received] == [("sam@acme.example",)]


def test_lost_before_data_is_transient(server: MailServer) -> None:
    with pytest.raises(Transient):
        channel(server.port).open().send(message("drop-before@acme.example"))


def test_lost_after_data_and_before_the_answer_is_uncertain(server: MailServer) -> None:
    connection = channel(server.port).open()
    with pytest.raises(Uncertain):
        connection.send(message("drop-after@acme.example"))
    assert len(server.received) == 1
    connection.send(message("pat@acme.example"))  # on a new connection
    assert len(server.received) == 2


def test_no_answer_in_time_after_data_is_uncertain(server: MailServer) -> None:
    impatient = channel(server.port, replace(QUICK, answer=0.2))
    with pytest.raises(Uncertain):
        impatient.open().send(message("slow@acme.example"))


def test_a_connection_that_went_while_idle_is_opened_anew(server: MailServer) -> None:
    connection = channel(server.port).open()
    connection.send(message("pat@acme.example"))
    server.drop_connection()
    connection.send(message("sam@acme.example"))
    assert (len(server.received), server.sessions) == (2, 2)


def test_a_server_that_is_not_there_is_transient() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        with pytest.raises(Transient):
            channel(closed.getsockname()[1]).open()


@pytest.mark.parametrize(("script", "error"), [
    ([b"220 hi", b"250 ok", b"250 ok", b"250 ok", b"354 go", b""], Uncertain),
    ([b"220 hi", b"250 ok", b"250 ok", b"250 ok", b"354 go", b"what?"], Uncertain),
    ([b"220 hi", b"250 ok", b"250 ok", b"250 ok", b""], Transient),
    ([b"220 hi", b"250 ok", b"250 ok", b"250 ok", b"421 4.3.2 going down"], Transient),
    ([b"220 hi", b"250 ok", b"421 4.3.2 going down"], Transient),
    ([b"220 hi", b"250 ok", b"530 5.7.0 Authentication required"], AuthBroken),
    ([b"554 5.7.1 go away"], Transient),
    ([b"220 hi", b"250 ok", b"250 ok", b"250 ok", b"354 go\r\n250 unasked", b"554 5.7.1 spam"], Transient),
    ([b"220 hi", b"250 ok", b"250 ok", b"250 ok", b"354 go", b"250-" + b"x" * 70_000 + b"\r\n250 ok"], Uncertain),
    ([b"220 hi", b"250 ok", b"\r\n".join([b"250-more"] * 20_000)], Transient),
])  # fmt: skip
def test_every_step_of_the_protocol_that_fails(script: list[bytes], error: type[Exception]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=speak, args=(listener, script), daemon=True)
        thread.start()
        with pytest.raises(error):
            channel(listener.getsockname()[1]).open().send(message("pat@acme.example"))
        listener.close()
        thread.join(5)


@pytest.mark.parametrize(("to_data", "then"), [
    ("554 5.5.1 No valid recipients", [b"RSET"]),
    ("354 go on", []),  # it takes a message for nobody: it gets none, and is left
])  # fmt: skip
def test_said_ahead_a_message_without_recipients_is_not_sent(to_data: str, then: list[bytes]) -> None:
    answers = ["220 hi", "250-me\r\n250 PIPELINING", "250 ok", "550 5.1.1 No such user", to_data, "250 ok"]
    heard: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=answer_each, args=(listener, answers, heard), daemon=True)
        thread.start()
        connection = channel(listener.getsockname()[1]).open()
        with pytest.raises(Rejected, match="No such user"):
            connection.send(message("pat@acme.example"))
        connection.close()
        thread.join(5)
    envelope = [b"MAIL FROM:<alice@example.com>", b"RCPT TO:<pat@acme.example>", b"DATA"]
    assert [line for line in heard[1:] if line.upper() != b"QUIT"] == [*envelope, *then]


def test_answers_of_several_lines_and_in_pieces_are_each_read_whole() -> None:
    answers = ["220-hi\r\n220 there", "250-me\r\n250 PIPELINING", "250 ok", "250-fine\r\n250", "354 go on"]
    heard: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=answer_byte_by_byte, args=(listener, answers, heard), daemon=True)
        thread.start()
        connection = channel(listener.getsockname()[1]).open()
        receipt = connection.send(message("pat@acme.example"))
        connection.close()
        thread.join(5)
    assert receipt.provider_id == "250 2.0.0 taken as 4711"
    assert heard[-1] == b"QUIT"


@pytest.mark.parametrize("words", ["250", "250ok", "250\tok", "250:ok"])
def test_a_code_is_enough_of_an_answer(words: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        script = [b"220 hi", b"250 ok", b"250 ok", b"250 ok", b"354 go", words.encode()]
        threading.Thread(target=speak, args=(listener, script), daemon=True).start()
        receipt = channel(listener.getsockname()[1]).open().send(message("pat@acme.example"))
    assert receipt.provider_id.startswith("250")


def answer_byte_by_byte(listener: socket.socket, answers: list[str], heard: list[bytes]) -> None:
    """Answer each line, and at last the message; every byte is a packet of its own."""
    connection, _ = listener.accept()
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def say(answer: str) -> None:
        for byte in (answer + "\r\n").encode():
            connection.send(bytes([byte]))

    with connection, connection.makefile("rb") as stream:
        say(answers[0])
        for answer in answers[1:]:
            heard.append(stream.readline().strip())
            say(answer)
        while stream.readline() != b".\r\n":
            pass
        say("250-2.0.0 taken\r\n250 as 4711")
        heard.append(stream.readline().strip())


def answer_each(listener: socket.socket, answers: list[str], heard: list[bytes]) -> None:
    """Greet, then answer every line with the next answer, and keep what was heard."""
    connection, _ = listener.accept()
    with connection, connection.makefile("rwb") as stream:
        for answer in answers:
            stream.write(answer.encode() + b"\r\n")
            stream.flush()
            line = stream.readline()
            if not line:
                return
            heard.append(line.strip())


def speak(listener: socket.socket, script: list[bytes]) -> None:
    """Answer each command with the next line of the script; an empty line closes the connection."""
    connection, _ = listener.accept()
    with connection, connection.makefile("rwb") as stream:
        in_data = False
        for answer in script:
            if in_data:
                while stream.readline() not in (b".\r\n", b""):
                    pass
            elif answer != script[0]:
                stream.readline()
            if not answer:
                return
            stream.write(answer + b"\r\n")
            stream.flush()
            in_data = answer.startswith(b"354")


def test_a_login_is_made_and_a_wrong_one_is_told_apart() -> None:
    options = {"authenticator": authenticate, "auth_required": True, "auth_require_tls": False}
    with mail_server(**options) as server:
        channel(server.port, login="bot:p%40ss@").open().send(message("pat@acme.example"))
        assert len(server.received) == 1
        with pytest.raises(AuthBroken, match="535"):
            channel(server.port, login="bot:wrong@").open()
        with pytest.raises(AuthBroken):
            channel(server.port).open().send(message("pat@acme.example"))


def test_addresses_with_other_letters_go_out_where_the_server_takes_them(server: MailServer) -> None:
    channel(server.port).open().send(message("zoë@acme.example"))
    assert server.received[0].recipients == ("zoë@acme.example",)
    assert "To: Pat <zoë@acme.example>".encode() in server.received[0].content


def test_addresses_with_other_letters_are_refused_clearly_where_it_does_not() -> None:
    with mail_server(enable_SMTPUTF8=False) as server:
        connection = channel(server.port).open()
        with pytest.raises(Rejected, match="SMTPUTF8"):
            connection.send(message("zoë@acme.example"))
        receipt = connection.send(message("zoë@acme.example", "pat@acme.example"))
        assert list(receipt.refused) == ["zoë@acme.example"]
        assert server.received[0].recipients == ("pat@acme.example",)


@pytest.mark.parametrize(("url", "expected"), [
    ("smtp://mail.example.com", SmtpTarget("mail.example.com", 25, "smtp")),
    ("smtps://u:p%40%3A@mail.example.com?connections=3",
     SmtpTarget("mail.example.com", 465, "smtps", "u", "p@:", 3)),
    ("smtp+starttls://mail.example.com:2525", SmtpTarget("mail.example.com", 2525, "smtp+starttls")),
])  # fmt: skip
def test_reads_an_smtp_url(url: str, expected: SmtpTarget) -> None:
    assert SmtpTarget.parse(url) == expected
    assert "p@:" not in repr(SmtpTarget.parse(url))


@pytest.mark.parametrize(("url", "says"), [
    ("http://mail.example.com", "must begin with smtp://"),
    ("smtp://", "host is missing"),
    ("smtp://h:99999", "port must be"),
    ("smtp://user@h", "both a user and a password"),
    ("smtp://h?connections=0", "from 1 to 64"),
    ("smtp://h?connections=many", "from 1 to 64"),
    ("smtp://h?speed=9", "'speed' is not an option"),
])  # fmt: skip
def test_a_wrong_smtp_url_says_how_to_mend_it(url: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        SmtpTarget.parse(url)
