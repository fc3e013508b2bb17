# SPDX-License-Identifier: MIT

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize
from libc.stdint cimport uint8_t, uint32_t

from ncrypt_ext._buffer cimport Input, input_close, input_open
from ncrypt_ext._handle cimport Handle, lease_leave_first, number_value
from ncrypt_ext._key_device cimport DeviceKey
from ncrypt_ext._secret cimport Parameters
from ncrypt_ext._status cimport check
from ncrypt_ext._wide cimport wide
from ncrypt_ext.ncrypt cimport (
    NCRYPT_KEY_HANDLE, NCRYPT_PERSIST_FLAG, NCRYPT_SILENT_FLAG,
    NCRYPT_VBS_RETURN_CLAIM_DETAILS_FLAG, NCryptBufferDesc, NCryptCreateClaim, NCryptFreeBuffer,
    NCryptVerifyClaim,
)
from ncrypt_ext.wintypes cimport DWORD, PBYTE, SECURITY_STATUS

from collections.abc import Mapping
from sys import audit

from ncrypt_ext.errors import InvalidSignatureError

cdef bytes SECURITY_DESCR = wide("Security Descr", "")

# The flags of the two calls say which parts are meant; without any Windows refuses. The bits above
# them must stay out: PROTECTED_DACL_SECURITY_INFORMATION is the number of NCRYPT_PERSIST_FLAG,
# PROTECTED_SACL_SECURITY_INFORMATION that of NCRYPT_PERSIST_ONLY_FLAG.
cdef enum:
    DACL = 0x4
    EVERY_PART = 0x1F

cdef enum:
    BUFFER_TOO_SMALL = 0x80090028
    BUFFER_TOO_SMALL_PCP = 0x80290406
    BAD_SIGNATURE = 0x80090006
    INVALID_SIGNATURE = 0xC000A000  # STATUS_INVALID_SIGNATURE
    FIRST_CLAIM_PARAMETER = 40  # those below are of other functions


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


cdef Parameters claim_parameters(object given):
    """A mapping of numbers to bytes, texts and numbers as a list for the native call."""
    cdef Parameters parameters = Parameters.__new__(Parameters)
    if given is None:
        return parameters
    if not isinstance(given, Mapping):
        raise TypeError(f"parameters must be a mapping, not {type(given).__name__!r}")
    for kind, value in given.items():
        number = number_value(kind, "the key of parameters")
        if number < FIRST_CLAIM_PARAMETER:
            raise ValueError(f"a claim has no parameter {number}")
        if isinstance(value, str):
            value = wide(value, "a parameter")
        elif isinstance(value, int):
            value = number_value(value, "a parameter").to_bytes(4, "little")
        parameters.texts.append(value)  # which keeps it
        parameters.add(number, value, "a parameter")
    return parameters


cdef dict take_details(NCryptBufferDesc *output):
    """What a verification gave, by its numbers; the native memory is freed."""
    cdef DWORD index
    try:
        return {output.pBuffers[index].BufferType:
                (<uint8_t *>output.pBuffers[index].pvBuffer)[:output.pBuffers[index].cbBuffer]
                for index in range(output.cBuffers)}
    finally:
        for index in range(output.cBuffers):
            NCryptFreeBuffer(output.pBuffers[index].pvBuffer)
        if output.pBuffers != NULL:
            NCryptFreeBuffer(output.pBuffers)


cdef class SecuredKey(DeviceKey):

    def security_descriptor(self, parts=7, *, bint silent=False):
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

    cdef NCRYPT_KEY_HANDLE enter_with(self, Handle other) except? 0:
        """Starts a call with two handles; the other one, 0 without."""
        self.enter()
        if other is None:
            return 0
        try:
            other.enter()
        except BaseException:
            self.leave()
            raise
        return other.lease.handle

    cdef void leave_with(self, Handle other) noexcept nogil:
        if other is not None:
            lease_leave_first(other.lease)
        self.leave()

    cdef SECURITY_STATUS claim_once(self, DWORD kind, SecuredKey authority, Parameters parameters,
                                    PBYTE data, DWORD size, DWORD *written) except? 1:
        cdef NCryptBufferDesc *given = parameters.pointer()
        cdef NCRYPT_KEY_HANDLE other = self.enter_with(authority)
        cdef SECURITY_STATUS status
        with nogil:
            status = NCryptCreateClaim(self.lease.handle, other, kind, given, data, size, written,
                                       0)
            self.leave_with(authority)
        return status

    def create_claim(self, claim_type, *, SecuredKey authority=None, parameters=None):
        cdef DWORD kind = number_value(claim_type, "claim_type")
        cdef Parameters given = claim_parameters(parameters)
        cdef DWORD size = 0
        cdef DWORD written = 0
        cdef SECURITY_STATUS status
        cdef bytes out
        audit("ncrypt_ext.create_claim", self.name, self.is_machine_key, claim_type)
        check(self.claim_once(kind, authority, given, NULL, 0, &size), "NCryptCreateClaim")
        while True:
            out = PyBytes_FromStringAndSize(NULL, size)
            status = self.claim_once(
                kind, authority, given, <PBYTE>PyBytes_AS_STRING(out), size, &written)
            if written <= size or (<uint32_t>status != BUFFER_TOO_SMALL
                                   and <uint32_t>status != BUFFER_TOO_SMALL_PCP):
                break
            size = written
        check(status, "NCryptCreateClaim")
        return out[:written]

    def verify_claim(self, claim_type, claim, *, SecuredKey authority=None, parameters=None,
                     bint details=False):
        cdef DWORD kind = number_value(claim_type, "claim_type")
        cdef DWORD flags = NCRYPT_VBS_RETURN_CLAIM_DETAILS_FLAG if details else 0
        cdef Parameters given = claim_parameters(parameters)
        cdef NCryptBufferDesc *list_given = given.pointer()
        cdef NCryptBufferDesc output
        cdef NCRYPT_KEY_HANDLE other = 0
        cdef SECURITY_STATUS status
        cdef Input data
        output.ulVersion = 0
        output.cBuffers = 0
        output.pBuffers = NULL
        input_open(&data, claim, "claim")
        try:
            other = self.enter_with(authority)
            with nogil:
                status = NCryptVerifyClaim(
                    self.lease.handle, other, kind, list_given, data.data, data.size, &output,
                    flags)
                self.leave_with(authority)
        finally:
            input_close(&data)
        if <uint32_t>status == BAD_SIGNATURE or <uint32_t>status == INVALID_SIGNATURE:
            raise InvalidSignatureError("the claim is not one about this key and these parameters")
        check(status, "NCryptVerifyClaim")
        return take_details(&output)
