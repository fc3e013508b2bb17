# SPDX-License-Identifier: MIT
"""The portable engine's own functions. Not there on Windows."""

from libc.stdint cimport uint8_t, uint32_t, uint64_t

from ncrypt_ext.wintypes cimport SECURITY_STATUS

cdef extern from "ncrypt_ext_engine.h" nogil:
    enum:
        NCX_SCOPE_USER
        NCX_SCOPE_MACHINE
        NCX_PATH_SIZE

    struct ncx_store_information:
        char folder[4096]
        char database[4096]
        uint8_t id[16]
        uint64_t keys
        uint64_t bytes
        uint32_t schema_version
        uint32_t passphrase
        uint32_t read_only

    SECURITY_STATUS ncx_store_folder(uint32_t scope, char *folder, size_t size) noexcept
    SECURITY_STATUS ncx_store_info(uint32_t scope, ncx_store_information *info) noexcept
    SECURITY_STATUS ncx_store_check(
        uint32_t scope, void (*report)(void *context, const char *sentence) noexcept,
        void *context, uint64_t *checked) noexcept
    SECURITY_STATUS ncx_store_backup(uint32_t scope, const char *folder) noexcept
    SECURITY_STATUS ncx_store_rekey(uint32_t scope, const char *passphrase, size_t size) noexcept
    void ncx_store_set_passphrase(
        size_t (*callback)(void *context, const char *folder, char *out, size_t size) noexcept,
        void *context) noexcept
