"""A program in a real terminal (a pty), and how long it takes to paint."""

import fcntl
import os
import pty
import select
import signal
import struct
import termios
import time

QUIET = 0.08  # Seconds without output that end a paint.


class Terminal:
    def __init__(self, command, environment, rows=36, columns=120):
        self.begun = time.monotonic()
        self.pid, self.master = pty.fork()
        if self.pid == 0:
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
            os.execvpe(command[0], command, environment)
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.output = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end()

    def read(self, timeout):
        """The output that arrives within `timeout`, possibly none."""
        ready, _, _ = select.select([self.master], [], [], max(timeout, 0))
        if not ready:
            return b""
        try:
            piece = os.read(self.master, 1 << 16)
        except OSError:
            return b""
        self.output += piece
        return piece

    def wait_for(self, text, timeout=60):
        """Seconds from the start until `text` is written."""
        while text not in self.output:
            if time.monotonic() - self.begun > timeout:
                raise TimeoutError(f"no {text!r} in {self.output[-300:]!r}")
            self.read(0.5)
        return time.monotonic() - self.begun

    def settle(self, quiet=0.4, timeout=30):
        """Reads until output pauses. Returns the seconds from now to the last byte."""
        begun = last = time.monotonic()
        while time.monotonic() - last < quiet and time.monotonic() - begun < timeout:
            if self.read(quiet):
                last = time.monotonic()
        return last - begun

    def rest(self, seconds):
        """Reads output for `seconds` without pressing keys."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.read(end - time.monotonic())

    def key(self, keys, quiet=QUIET, timeout=20):
        """Seconds from the key to the last byte that it paints. Waits past the start of a second, when clocks are
        painted as well. `None`: nothing was painted."""
        fraction = time.time() % 1
        if fraction > 0.6 or fraction < 0.05:
            self.settle(quiet=(1.1 - fraction) % 1)
        while self.read(0):
            pass
        begun = time.monotonic()
        os.write(self.master, keys)
        last = None
        while time.monotonic() - (last or begun) < (quiet if last else timeout):
            if self.read(quiet if last else timeout):
                last = time.monotonic()
        return last - begun if last else None

    def answer(self, keys, sign, timeout=20):
        """Seconds from the key until `sign` is painted, for a screen that keeps changing. `None`: it isn't painted."""
        while self.read(0):
            pass
        begun, painted = time.monotonic(), b""
        os.write(self.master, keys)
        while sign not in painted and time.monotonic() - begun < timeout:
            painted += self.read(timeout)
        return time.monotonic() - begun if sign in painted else None

    def idle(self, seconds):
        """Share of a core, and wake-ups and bytes per second, while idle."""
        def used():
            with open(f"/proc/{self.pid}/stat") as file:
                fields = file.read().rsplit(")", 1)[1].split()
            switches = 0
            for task in os.listdir(f"/proc/{self.pid}/task"):
                with open(f"/proc/{self.pid}/task/{task}/status") as file:
                    switches += sum(int(line.split()[1]) for line in file if line.startswith("voluntary_ctxt"))
            return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK"), switches
        before, written = used(), len(self.output)
        self.rest(seconds)
        after = used()
        return {"core": (after[0] - before[0]) / seconds, "wakeups": (after[1] - before[1]) / seconds,
                "bytes": (len(self.output) - written) / seconds}

    def memory(self):
        """Resident megabytes."""
        with open(f"/proc/{self.pid}/status") as file:
            return next(int(line.split()[1]) for line in file if line.startswith("VmRSS")) / 1024

    def end(self):
        try:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        except (ProcessLookupError, ChildProcessError):
            pass
        os.close(self.master)
