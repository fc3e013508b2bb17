# SPDX-License-Identifier: MIT
"""A token copies all that it is made of but an asymmetric key, whose lease it holds."""

cimport cython
from cpython.bytes cimport PyBytes_FromStringAndSize
from cpython.datetime cimport PyDateTime_Check, import_datetime
from libc.stdint cimport uint64_t, uintptr_t

from ncrypt_ext._buffer cimport wipe
from ncrypt_ext._handle cimport TYPE_XML_TOKEN, Lease, lease_unhold
from ncrypt_ext._ws_error cimport ws_raise
from ncrypt_ext._ws_handle cimport WsHandle
from ncrypt_ext._ws_keyhandle cimport KeyHandleData
from ncrypt_ext._ws_signer cimport hold_key
from ncrypt_ext._ws_xml cimport Workspace, workspace_give, workspace_take
from ncrypt_ext.webservices cimport (
    WS_BYTES, WS_DATETIME, WS_DATETIME_FORMAT_UTC, WS_SECURITY_KEY_HANDLE, WS_SECURITY_KEY_TYPE,
    WS_SECURITY_TOKEN, WS_SECURITY_TOKEN_PROPERTY_ATTACHED_REFERENCE_XML,
    WS_SECURITY_TOKEN_PROPERTY_ID, WS_SECURITY_TOKEN_PROPERTY_KEY_TYPE,
    WS_SECURITY_TOKEN_PROPERTY_SERIALIZED_XML, WS_SECURITY_TOKEN_PROPERTY_SYMMETRIC_KEY,
    WS_SECURITY_TOKEN_PROPERTY_UNATTACHED_REFERENCE_XML,
    WS_SECURITY_TOKEN_PROPERTY_VALID_FROM_TIME, WS_SECURITY_TOKEN_PROPERTY_VALID_TILL_TIME,
    WS_XML_BUFFER,
    WS_XML_SECURITY_TOKEN_PROPERTY_ATTACHED_REFERENCE, WS_XML_SECURITY_TOKEN_PROPERTY_ID,
    WS_XML_SECURITY_TOKEN_PROPERTY_UNATTACHED_REFERENCE,
    WS_XML_SECURITY_TOKEN_PROPERTY_VALID_FROM_TIME, WS_XML_SECURITY_TOKEN_PROPERTY_VALID_TILL_TIME,
    WsCreateXmlSecurityToken, WsFreeSecurityToken, WsGetSecurityTokenProperty,
)
from ncrypt_ext.wintypes cimport HRESULT, ULONG

from datetime import datetime, timedelta, timezone

from ncrypt_ext._ws_enums import SecurityKeyType
from ncrypt_ext.errors import BadStateError

import_datetime()

cdef object FIRST = datetime(1, 1, 1, tzinfo=timezone.utc)
cdef object MICROSECOND = timedelta(microseconds=1)
cdef object LAST = (datetime.max.replace(tzinfo=timezone.utc) - FIRST) // MICROSECOND

cdef enum:
    TICKS = 10              # of 100 ns, in a microsecond
    NO_SYMMETRIC_KEY = 0x8009000D


@cython.linetrace(False)
cdef void free_token(uintptr_t token) noexcept nogil:
    WsFreeSecurityToken(<WS_SECURITY_TOKEN *>token)


cdef int set_time(WS_DATETIME *into, object value, str name) except -1:
    if not PyDateTime_Check(value):
        raise TypeError(f"{name} must be a datetime, not {type(value).__name__!r}")
    if value.tzinfo is None or value.utcoffset() is None:
        raise ValueError(f"{name} has no time zone, so it could mean another instant elsewhere")
    microseconds = (value - FIRST) // MICROSECOND
    if not 0 < microseconds <= LAST:    # 0 would mean that there is none
        raise ValueError(f"{name} must be after the beginning of the year 1 and before the end of "
                         "the year 9999, in UTC")
    into.ticks = <uint64_t>microseconds * TICKS
    into.format = WS_DATETIME_FORMAT_UTC
    return 0


cdef object time_of(const WS_DATETIME *value):
    if value.ticks == 0:
        return None
    return FIRST + timedelta(microseconds=value.ticks // TICKS)


cdef void add_property(Given *into, WS_XML_SECURITY_TOKEN_PROPERTY_ID which, void *value,
                       ULONG size) noexcept:
    into.properties[into.count].id = which
    into.properties[into.count].value = value
    into.properties[into.count].valueSize = size
    into.count += 1


cdef int check_references(bint has_key, object attached, object unattached) except -1:
    if has_key and attached is None:
        raise ValueError("a token with a key needs an attached_reference: "
                         "the signature says by it whose key made it")
    if not has_key and (attached is not None or unattached is not None):
        name = "attached_reference" if attached is not None else "unattached_reference"
        raise ValueError(f"a token without a key signs nothing, so it has no {name}")
    return 0


cdef int gather(Given *into, Workspace work, tuple documents, object valid_from,
                object valid_till) except -1:
    """What a token is made of but its key. The documents: XML, attached, unattached reference."""
    into.count = 0
    into.buffers[0] = work.parse(documents[0], "xml")
    if documents[1] is not None:
        into.buffers[1] = work.parse(documents[1], "attached_reference")
        add_property(into, WS_XML_SECURITY_TOKEN_PROPERTY_ATTACHED_REFERENCE, &into.buffers[1],
                     sizeof(into.buffers[1]))
    if documents[2] is not None:
        into.buffers[2] = work.parse(documents[2], "unattached_reference")
        add_property(into, WS_XML_SECURITY_TOKEN_PROPERTY_UNATTACHED_REFERENCE, &into.buffers[2],
                     sizeof(into.buffers[2]))
    if valid_from is not None:
        set_time(&into.times[0], valid_from, "valid_from")
        add_property(into, WS_XML_SECURITY_TOKEN_PROPERTY_VALID_FROM_TIME, &into.times[0],
                     sizeof(WS_DATETIME))
    if valid_till is not None:
        set_time(&into.times[1], valid_till, "valid_till")
        add_property(into, WS_XML_SECURITY_TOKEN_PROPERTY_VALID_TILL_TIME, &into.times[1],
                     sizeof(WS_DATETIME))
    if (valid_from is not None and valid_till is not None
            and into.times[1].ticks < into.times[0].ticks):
        raise ValueError("valid_till is before valid_from")
    return 0


cdef class XmlToken(WsHandle):

    def __init__(self, xml, key=None, *, attached_reference=None, unattached_reference=None,
                 valid_from=None, valid_till=None, bint allow_capi=False):
        cdef KeyHandleData data
        cdef const WS_SECURITY_KEY_HANDLE *native = NULL
        cdef Lease *parent = NULL
        cdef Given given
        cdef Workspace work
        if isinstance(xml, tuple):
            raise TypeError("xml must be a str or a bytes-like object, not "
                            f"{type(xml).__name__!r}: XmlToken.from_xml() takes a TokenXml")
        check_references(key is not None, attached_reference, unattached_reference)
        work = workspace_take()
        try:
            gather(&given, work, (xml, attached_reference, unattached_reference), valid_from,
                   valid_till)
            # Last: other code that may run meanwhile could close a key handle that nothing holds.
            if key is not None:
                parent = hold_key(key, &data, allow_capi)
                native = &data.any
            try:
                self.create(work, native, parent, &given)
            finally:
                if parent != NULL:
                    lease_unhold(parent)
        finally:
            workspace_give(work)

    cdef int create(self, Workspace work, const WS_SECURITY_KEY_HANDLE *key, Lease *parent,
                    Given *given) except -1:
        """The caller holds the parent."""
        cdef WS_SECURITY_TOKEN *token = NULL
        cdef HRESULT status
        if self.lease != NULL:
            raise TypeError("an XmlToken cannot be initialised again")
        status = WsCreateXmlSecurityToken(given.buffers[0], key,
                                          given.properties if given.count > 0 else NULL,
                                          given.count, &token, work.error)
        if status != 0:
            ws_raise(status, "WsCreateXmlSecurityToken", work.error)
        if not self.adopt_native(TYPE_XML_TOKEN, <uintptr_t>token, free_token, parent):
            raise MemoryError()
        return 0

    @classmethod
    def from_xml(cls, parts, key=None, *, valid_from=None, valid_till=None,
                 bint allow_capi=False):
        attached = parts.attached_reference if key is not None else None
        unattached = parts.unattached_reference if key is not None else None
        return cls(parts.xml, key, attached_reference=attached, unattached_reference=unattached,
                   valid_from=valid_from, valid_till=valid_till, allow_capi=allow_capi)

    def detach(self):
        if not self.closed and self.lease.parent != NULL:
            self.busy("holds its key: it cannot be given away without it")
        return WsHandle.detach(self)

    # ---- properties

    cdef int read(self, WS_SECURITY_TOKEN_PROPERTY_ID which, void *value, ULONG size) except -1:
        """One that needs no heap."""
        cdef Workspace work = workspace_take()
        cdef HRESULT status
        try:
            self.enter_alone()
            status = WsGetSecurityTokenProperty(self.native(), which, value, size, NULL, work.error)
            self.leave_alone()
            if status != 0:
                ws_raise(status, "WsGetSecurityTokenProperty", work.error)
        finally:
            workspace_give(work)
        return 0

    cdef bytes read_xml(self, WS_SECURITY_TOKEN_PROPERTY_ID which):
        """The buffer that the property gives stays the token's; None for none."""
        cdef WS_XML_BUFFER *buffer = NULL
        cdef Workspace work = workspace_take()
        cdef HRESULT status
        try:
            self.enter_alone()
            try:
                status = WsGetSecurityTokenProperty(self.native(), which, &buffer, sizeof(buffer),
                                                    NULL, work.error)
                if status != 0:
                    ws_raise(status, "WsGetSecurityTokenProperty", work.error)
                return work.write(buffer) if buffer != NULL else None
            finally:
                self.leave_alone()
        finally:
            workspace_give(work)

    @property
    def key_type(self):
        cdef WS_SECURITY_KEY_TYPE value
        self.read(WS_SECURITY_TOKEN_PROPERTY_KEY_TYPE, &value, sizeof(value))
        return SecurityKeyType(<int>value)

    @property
    def valid_from(self):
        cdef WS_DATETIME value
        self.read(WS_SECURITY_TOKEN_PROPERTY_VALID_FROM_TIME, &value, sizeof(value))
        return time_of(&value)

    @property
    def valid_till(self):
        cdef WS_DATETIME value
        self.read(WS_SECURITY_TOKEN_PROPERTY_VALID_TILL_TIME, &value, sizeof(value))
        return time_of(&value)

    @property
    def xml(self):
        return self.read_xml(WS_SECURITY_TOKEN_PROPERTY_SERIALIZED_XML)

    @property
    def attached_reference(self):
        return self.read_xml(WS_SECURITY_TOKEN_PROPERTY_ATTACHED_REFERENCE_XML)

    @property
    def unattached_reference(self):
        return self.read_xml(WS_SECURITY_TOKEN_PROPERTY_UNATTACHED_REFERENCE_XML)

    def symmetric_key(self):
        cdef WS_BYTES value
        cdef Workspace work
        cdef HRESULT status
        if self.key_type != SecurityKeyType.SYMMETRIC:
            raise BadStateError(NO_SYMMETRIC_KEY, "", "the token has no symmetric key")
        work = workspace_take()
        try:
            self.enter_alone()
            status = WsGetSecurityTokenProperty(
                self.native(), WS_SECURITY_TOKEN_PROPERTY_SYMMETRIC_KEY, &value, sizeof(value),
                work.heap, work.error)
            self.leave_alone()
            if status != 0:
                ws_raise(status, "WsGetSecurityTokenProperty", work.error)
            try:
                return PyBytes_FromStringAndSize(<char *>value.bytes, value.length)
            finally:
                wipe(value.bytes, value.length)
        finally:
            workspace_give(work)

    def __repr__(self):
        return "<XmlToken closed>" if self.closed else f"<XmlToken {self.key_type.name}>"
