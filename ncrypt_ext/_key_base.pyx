# SPDX-License-Identifier: MIT

from ncrypt_ext._property_handle cimport PropertyHandle
from ncrypt_ext._wide cimport wide

from ncrypt_ext.errors import NCryptError
from ncrypt_ext.properties import CIPHER_GROUPS as _CIPHER_GROUPS

cdef bytes NAME = wide("Name", "")
cdef bytes UNIQUE_NAME = wide("Unique Name", "")
cdef bytes ALGORITHM = wide("Algorithm Name", "")
cdef bytes ALGORITHM_GROUP = wide("Algorithm Group", "")
cdef bytes KEY_TYPE = wide("Key Type", "")

cdef enum:
    MACHINE_KEY = 0x20


cdef class KeyBase(PropertyHandle):
    # cdef bint settled
    # cdef KeyKind kind
    # cdef dict constants

    cdef object constant(self, bytes name, bint number=False):
        """A property that never changes once the key is finalized; None when there is none."""
        if self.closed:
            self.unavailable()
        if self.constants is not None and name in self.constants:
            return self.constants[name]
        value = self.read_optional_number(name) if number else self.read_optional_text(name)
        if self.settled:
            if self.constants is None:
                self.constants = {}
            self.constants[name] = value
        return value

    cdef int find_kind(self) except -1:
        group = self.constant(ALGORITHM_GROUP)
        if group == "RSA":
            self.kind = KIND_RSA
        elif group == "ECDSA" or group == "ECDH":
            self.kind = KIND_EC
        elif group in _CIPHER_GROUPS:
            self.kind = KIND_CIPHER
        elif group == "MLDSA":
            self.kind = KIND_MLDSA
        else:
            self.kind = KIND_OTHER
        return 0

    @property
    def algorithm(self):
        return self.constant(ALGORITHM)

    @property
    def algorithm_group(self):
        return self.constant(ALGORITHM_GROUP)

    @property
    def name(self):
        return self.constant(NAME)

    @property
    def unique_name(self):
        return self.constant(UNIQUE_NAME)

    @property
    def is_machine_key(self):
        return bool((self.constant(KEY_TYPE, True) or 0) & MACHINE_KEY)

    def __repr__(self):
        kind = type(self).__name__
        if self.closed:
            return f"<{kind} closed>"
        try:
            name = self.name
            return f"<{kind} {self.algorithm} {'ephemeral' if name is None else repr(name)}>"
        except NCryptError:
            return f"<{kind}>"
