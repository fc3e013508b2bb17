# SPDX-License-Identifier: MIT
"""What a case tells the stand-in and asks it: see the end of fake_script.c."""

import ctypes

PLATFORM = "Microsoft Platform Crypto Provider"
CARD = "Microsoft Smart Card Key Storage Provider"


class Player:
    """The stand-in in this process."""

    def __init__(self):
        self.library = ctypes.CDLL(None)
        self.library.fake_pin_log.restype = ctypes.c_char_p

    def start(self, pin=None, tries=3):
        self.library.fake_start(None if pin is None else pin.encode("ascii"), tries)

    def next(self, function, status, times=1):
        self.library.fake_next(function.encode("ascii"), ctypes.c_uint32(status), times)

    def say(self, name, value=0, status=0):
        self.library.fake_say(name.encode("ascii"), ctypes.c_uint32(value), ctypes.c_uint32(status))

    def want_ui(self):
        self.library.fake_want_ui()

    def hold(self, hold=True):
        self.library.fake_hold(hold)

    @property
    def waiting(self):
        return bool(self.library.fake_waiting())

    def calls(self, function):
        return self.library.fake_calls(function.encode("ascii"))

    @property
    def tries(self):
        return self.library.fake_tries()

    @property
    def module_tries(self):
        return self.library.fake_module_tries()

    @property
    def dialogs(self):
        return self.library.fake_dialogs()

    @property
    def pin_log(self):
        return self.library.fake_pin_log().decode("ascii")

    def search(self, text):
        return self.library.fake_search(text.encode("ascii"))


def answering(*answers):
    """A callback that gives these answers, and then none; it keeps what it is told."""
    told = []
    left = list(answers)

    def callback(request):
        told.append(request)
        return left.pop(0) if left else None

    callback.told = told
    return callback
