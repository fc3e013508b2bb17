# SPDX-License-Identifier: MIT

from ncrypt_ext._key_device cimport DeviceKey
from ncrypt_ext._wide cimport wide
from ncrypt_ext.ncrypt cimport NCRYPT_PERSIST_FLAG, NCRYPT_SILENT_FLAG
from ncrypt_ext.wintypes cimport DWORD

from sys import audit

cdef bytes SECURITY_DESCR = wide("Security Descr", "")

# The flags of the two calls say which parts are meant; without any Windows refuses. The bits above
# them must stay out: PROTECTED_DACL_SECURITY_INFORMATION is the number of NCRYPT_PERSIST_FLAG,
# PROTECTED_SACL_SECURITY_INFORMATION that of NCRYPT_PERSIST_ONLY_FLAG.
cdef enum:
    DACL = 0x4
    DEFAULT_PARTS = 0x7
    EVERY_PART = 0x1F


cdef DWORD checked_parts(object parts) except 0:
    if not isinstance(parts, int):
        raise TypeError(f"parts must be a SecurityInformation, not {type(parts).__name__!r}")
    if not 0 < parts <= EVERY_PART:
        raise ValueError(f"parts must name OWNER, GROUP, DACL, SACL or LABEL: 0x{int(parts):X}")
    return parts


cdef int check_present(object descriptor, DWORD parts) except -1:
    """A part that is asked for and not there would be taken away: without a DACL everybody may."""
    for part, value in ((0x1, descriptor.owner), (0x2, descriptor.group), (0x4, descriptor.dacl),
                        (0x18, descriptor.sacl)):
        if parts & part and value is None:
            raise ValueError(f"the security descriptor lacks some of the parts 0x{parts:X}")
    return 0


cdef class SecuredKey(DeviceKey):

    def security_descriptor(self, parts=DEFAULT_PARTS, *, bint silent=False):
        from ncrypt_ext.security import SecurityDescriptor
        cdef DWORD flags = checked_parts(parts)
        if silent:
            flags |= NCRYPT_SILENT_FLAG
        return SecurityDescriptor.from_bytes(self.read(SECURITY_DESCR, flags))

    cdef int write_descriptor(self, object descriptor, DWORD parts, bint persist,
                              bint silent) except -1:
        cdef DWORD flags = parts
        if persist:
            flags |= <DWORD>NCRYPT_PERSIST_FLAG
        if silent:
            flags |= NCRYPT_SILENT_FLAG
        audit("ncrypt_ext.set_security_descriptor", self.name, self.is_machine_key)
        return self.write(SECURITY_DESCR, descriptor.to_bytes(), flags)

    def set_security_descriptor(self, descriptor, parts=None, *, bint persist=True,
                                bint silent=False):
        from ncrypt_ext.security import SecurityDescriptor
        if isinstance(descriptor, str):
            descriptor = SecurityDescriptor.from_sddl(descriptor)
        elif not isinstance(descriptor, SecurityDescriptor):
            with memoryview(descriptor) as view:
                descriptor = SecurityDescriptor.from_bytes(view.tobytes())
        if parts is None:
            parts = descriptor.parts
            if not parts:
                raise ValueError("the security descriptor is empty: there is nothing to set")
        check_present(descriptor, checked_parts(parts))
        self.write_descriptor(descriptor, parts, persist, silent)

    def grant_read(self, who, *, bint persist=True, bint silent=False):
        from ncrypt_ext.security import sid_of
        sid = sid_of(who)  # nothing is read for somebody who does not exist
        before = self.security_descriptor(DACL, silent=silent)
        after = before.allow(sid)
        if after != before:
            self.write_descriptor(after, DACL, persist, silent)
