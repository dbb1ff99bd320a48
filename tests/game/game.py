"""What the tests of the game server as a process share: servers, bots, their numbers over HTTP, and a player by hand."""
import base64
import contextlib
import json
import os
import pathlib
import re
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import urllib.error
import urllib.request

DEADLINE_S = 45  # bounds a failure, not a success
HELLO_BYTES = 52  # of the body, over UDP
HELLO, WELCOME, INPUT, SNAPSHOT, BYE, REJECT = 1, 2, 3, 4, 6, 7
# What a player by hand is told here, as in PROTOCOL.md.
REASONS = {1: "shutdown", 5: "server_full", 11: "bad_ticket", 12: "no_guests", 13: "rule"}
PASSWORD = "correct horse battery"
# Without a proxy of the environment.
OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def eventually(holds, deadline_s=DEADLINE_S):
    """The first true answer of holds(), or its last one at the deadline."""
    end = time.monotonic() + deadline_s
    while True:
        answer = holds()
        if answer or time.monotonic() > end:
            return answer
        time.sleep(0.02)


class Lateness:
    """How long this machine puts a thread off that wants to run a hundred times a second: what a limit of time is widened by."""

    STEP_S = 0.01

    def __enter__(self):
        self.seconds = 0
        self.over = threading.Event()
        self.thread = threading.Thread(target=self._watch)
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.thread.join()

    def _watch(self):
        while not self.over.is_set():
            begin = time.monotonic()
            time.sleep(self.STEP_S)
            self.seconds += time.monotonic() - begin - self.STEP_S


class Server:
    """tickwire-gameserver with all ports chosen by the kernel. It ends by itself after two minutes, whatever becomes of the test."""

    def __init__(self, program, folder, *options, limits=None):
        self.errors = tempfile.TemporaryFile("w+", dir=folder)
        ports = [] if "--role" in options and "world" not in options else ["--udp-port", "0", "--tcp-port", "0"]
        command = [program, "--bind", "127.0.0.1", "--http-port", "0", *ports, "--seconds", "120", *options]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=self.errors, text=True, preexec_fn=limits)
        line = self.process.stdout.readline()
        self.ports = json.loads(line) if line else {}

    def said(self):
        self.errors.seek(0)
        return self.errors.read()

    def url(self, path=""):
        return f"http://127.0.0.1:{self.ports['http_port']}{path}"

    def metrics(self):
        """Values by series, as it is written: 'name' or 'name{label="value"}'."""
        with OPENER.open(self.url("/metrics"), timeout=DEADLINE_S) as answer:
            lines = answer.read().decode().splitlines()
        return {line.rpartition(" ")[0]: float(line.rpartition(" ")[2]) for line in lines if not line.startswith("#")}

    def signal(self, number):
        self.process.send_signal(number)

    def wait(self, deadline_s=DEADLINE_S):
        return self.process.wait(deadline_s)

    def resident_bytes(self):
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+) kB", status)[1]) * 1024

    def close(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()
        self.errors.close()


def post(url, body, token=None):
    """Status and document of the answer; status 0 and None when the connection ended without one."""
    headers = {"Content-Type": "application/json", **({"Authorization": f"Bearer {token}"} if token else {})}
    request = urllib.request.Request(url, json.dumps(body).encode(), headers)
    try:
        with OPENER.open(request, timeout=45) as answer:
            return answer.status, json.loads(answer.read())
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.loads(error.read())
    except OSError:
        return 0, None


def log_in(auth, name):
    """The session token of a new account."""
    status, answer = post(auth.url("/register"), {"name": name, "password": PASSWORD})
    assert status == 201, answer
    status, answer = post(auth.url("/login"), {"name": name, "password": PASSWORD})
    assert status == 200, answer
    return answer["token"]


class Player:
    """A player by hand, over udp, tcp or http, which is a WebSocket. It does no more than it is told to, so it can do what a bot would not."""

    def __init__(self, server, protocol="udp", ticket=None, name="by hand", source="127.0.0.1"):
        self.protocol = protocol
        kind = socket.SOCK_DGRAM if protocol == "udp" else socket.SOCK_STREAM
        self.socket = socket.socket(socket.AF_INET, kind)
        self.socket.settimeout(DEADLINE_S)
        self.socket.bind((source, 0))
        self.socket.connect(("127.0.0.1", server.ports[f"{protocol}_port"]))
        self.conn = self.seq = self.heard_seq = self.tick = self.input_seq = 0
        self.waiting = b""
        if protocol == "http":
            self._upgrade()
        body = struct.pack(">I16s", 7, name.encode())
        if ticket:
            signed = base64.urlsafe_b64decode(ticket)
            body += struct.pack(">H", len(signed)) + signed
        if protocol == "udp":
            body = body.ljust(HELLO_BYTES, b"\0")
        self.send(HELLO, body, flags=32 if ticket else 0)
        kind, _, body = self.receive(lambda message: message[0] in (WELCOME, REJECT))
        self.refusal = REASONS[body[0]] if kind == REJECT else None
        self.id = struct.unpack(">II", body[:8])[1] if kind == WELCOME else 0

    def send(self, kind, body, flags=0):
        self.seq = (self.seq + 1) % 65536
        if self.heard_seq:
            flags |= 1
        head = struct.pack(">HBBIHH", 0x5457, 0x10 | kind, flags, self.conn, self.seq, self.heard_seq)
        if self.protocol == "udp":
            self.socket.send(head + struct.pack(">IHH", 0, 0, 0) + body)
            return
        message = head + struct.pack(">HH", 0, 0) + body
        if self.protocol == "tcp":
            self.socket.sendall(struct.pack(">I", len(message)) + message)
        else:  # one binary frame (RFC 6455, section 5.2), its mask zero
            length = struct.pack(">B", 0x80 | len(message)) if len(message) < 126 else struct.pack(">BH", 0x80 | 126, len(message))
            self.socket.sendall(b"\x82" + length + bytes(4) + message)

    def press(self, buttons=0):
        self.tick += 1
        self.input_seq = (self.input_seq + 1) % 65536
        self.send(INPUT, struct.pack(">IHH", self.tick, self.input_seq, buttons))

    def receive(self, wanted):
        """The first message that is wanted: type, flags, body."""
        while True:
            message = self._parse(self._next())
            if wanted(message):
                return message

    def ending(self):
        """The reason of the bye or reject that comes, whatever comes before it."""
        _, _, body = self.receive(lambda message: message[0] in (BYE, REJECT))
        return REASONS[body[0]]

    def _next(self):
        if self.protocol == "udp":
            return self.socket.recv(2048)
        if self.protocol == "tcp":
            return self._take(struct.unpack(">I", self._take(4))[0])
        length = self._take(2)[1]
        if length == 126:
            length = struct.unpack(">H", self._take(2))[0]
        return self._take(length)

    def _upgrade(self):
        key = base64.b64encode(bytes(16)).decode()
        fields = f"Host: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}"
        self.socket.sendall(f"GET /ws HTTP/1.1\r\n{fields}\r\n\r\n".encode())
        answer = b""
        while not answer.endswith(b"\r\n\r\n"):
            answer += self._take(1)
        assert answer.startswith(b"HTTP/1.1 101 "), answer

    def _take(self, count):
        while len(self.waiting) < count:
            more = self.socket.recv(65536)
            if not more:
                raise ConnectionError("the server closed without a word")
            self.waiting += more
        taken, self.waiting = self.waiting[:count], self.waiting[count:]
        return taken

    def _parse(self, message):
        _, version_and_type, flags, conn, seq = struct.unpack(">HBBIH", message[:10])
        self.conn, self.heard_seq = conn, seq
        return version_and_type & 15, flags, message[20 if self.protocol == "udp" else 16 :]

    def close(self):
        self.socket.close()


class GameTest(unittest.TestCase):
    """A folder of its own, and the processes of a test, which end with it."""

    programs = None  # the folder of the built programs

    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))

    def serve(self, *options, **more):
        server = Server(self.programs / "tickwire-gameserver", self.folder, *options, **more)
        self.addCleanup(server.close)
        self.assertTrue(server.ports, server.said())
        return server

    def refused(self, *options):
        """Exit code and message of a server that does not start."""
        command = [self.programs / "tickwire-gameserver", "--seconds", "5", *options]
        done = subprocess.run(command, capture_output=True, text=True, timeout=DEADLINE_S)
        self.assertEqual(done.stdout, "")
        return done.returncode, done.stderr

    def play(self, server, **more):
        player = Player(server, **more)
        self.addCleanup(player.close)
        return player

    def bots(self, server, *options):
        """Bots that play on; their report when they are asked for it."""
        ports = [word for name in ("udp", "tcp") for word in (f"--{name}-port", str(server.ports[f"{name}_port"]))]
        command = [self.programs / "tickwire-bots", *ports, "--ws-port", str(server.ports["http_port"]), "--json", *options]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.addCleanup(process.communicate)
        self.addCleanup(process.kill)
        return lambda: json.loads(process.communicate(timeout=60)[0])


def key_file(folder, name="token.key"):
    path = folder / name
    path.touch(0o600)
    path.write_bytes(os.urandom(32))
    return path


def empty_queues(metrics):
    return {series: value for series, value in metrics.items() if series.startswith("game_queue_depth_items") and value}


def kill(server):
    server.signal(signal.SIGKILL)
    server.wait()


def main(*cases):
    if len(sys.argv) != 2:
        sys.exit(sys.modules["__main__"].__doc__)
    GameTest.programs = pathlib.Path(sys.argv[1], "gameserver")
    suite = unittest.TestSuite(unittest.defaultTestLoader.loadTestsFromTestCase(case) for case in cases)
    result = unittest.TextTestRunner(stream=sys.stdout, verbosity=2).run(suite)
    for test, reason in result.skipped:
        print(f"skipped: {test.id()}: {reason}")
    sys.exit(not result.wasSuccessful())
