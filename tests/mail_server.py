"""A mail server that behaves as some do: it puts off, refuses somebody, takes a mail and hangs up without a word."""

import socketserver
import threading
from collections import Counter
from email import message_from_bytes
from email.message import Message
from typing import Any


class MailServer:
    """Keeps what it took, and how often each recipient was named; `how` says what it does next."""

    def __init__(self) -> None:
        self.kept: list[tuple[str, Message]] = []
        self.asked: Counter[str] = Counter()
        self.puts_off: set[str] = set()  # 450
        self.refuses: set[str] = set()  # 550
        self.hangs_up_after: int = 0  # so many mails it takes and answers nothing, the line is closed
        self.closes_before: int = 0  # so many times it ends the connection with 421 when a mail begins
        outer = self

        class Line(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                outer._speak(self)

        self.server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Line)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.server.server_address[1]}"

    @property
    def port(self) -> int:
        return int(self.server.server_address[1])

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()

    def taken_by(self, address: str) -> list[str]:
        """The Message-IDs of what was taken for somebody."""
        return [str(mail["Message-ID"]) for to, mail in self.kept if to == address]

    def _speak(self, line: Any) -> None:
        def say(words: str) -> None:
            line.wfile.write(f"{words}\r\n".encode())

        say("220 prova")
        recipient = ""
        while said := line.rfile.readline().decode(errors="replace").strip():
            verb = said[:4].upper()
            if verb == "MAIL" and self.closes_before:
                self.closes_before -= 1
                say("421 basta per ora")
                return
            if verb == "RCPT":
                recipient = said.partition("<")[2].partition(">")[0]
                self.asked[recipient] += 1
                if recipient in self.puts_off:
                    say("450 riprova tra poco")
                    continue
                if recipient in self.refuses:
                    say("550 non esiste")
                    continue
            if verb == "DATA":
                say("354 avanti")
                self._take(line, recipient)
                if self.hangs_up_after:
                    self.hangs_up_after -= 1
                    return
            if verb == "QUIT":
                say("221 ciao")
                return
            say("250 bene")

    def _take(self, line: Any, recipient: str) -> None:
        lines = []
        while (each := line.rfile.readline()) not in {b".\r\n", b""}:
            lines.append(each)
        self.kept.append((recipient, message_from_bytes(b"".join(lines))))
