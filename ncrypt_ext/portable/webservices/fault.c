/* SPDX-License-Identifier: MIT
 *
 * WsGetFaultErrorProperty, WsSetFaultErrorProperty. What is set is copied onto the error object's own heap, and lives
 * until the object is reset or freed; the XML buffers in it share their documents with those they were copied from. As
 * in error.c, the sentence about a failure goes to the thread only.
 */
#include <string.h>

#include "webservices/error.h"

#define MAX_CODES   64u   /* in one chain: a longer one is a circle */
#define MAX_REASONS 1024u /* one for each language */

static HRESULT fail(HRESULT status, const char *sentence)
{
    return ws_fail(NULL, status, "%s", sentence);
}

static HRESULT copy_bytes(struct heap *heap, const void *data, size_t size, void **copy)
{
    HRESULT status;

    if (data == NULL) {
        *copy = NULL;
        return size == 0 ? ERROR_SUCCESS : fail(E_INVALIDARG, "a string of the fault is NULL and has a length");
    }
    status = heap_alloc(heap, size, copy);
    if (status == ERROR_SUCCESS && size > 0) {
        memcpy(*copy, data, size);
    }
    return heap_fail(heap, status, size, NULL);
}

static HRESULT copy_string(struct heap *heap, const WS_STRING *from, WS_STRING *to)
{
    void *chars;
    HRESULT status = copy_bytes(heap, from->chars, from->length * sizeof(WCHAR), &chars);

    if (status == ERROR_SUCCESS) {
        *to = (WS_STRING){from->length, chars};
    }
    return status;
}

/* Without the dictionary, which is the caller's and may go: the bytes are there in any case. */
static HRESULT copy_xml_string(struct heap *heap, const WS_XML_STRING *from, WS_XML_STRING *to)
{
    void *bytes;
    HRESULT status = copy_bytes(heap, from->bytes, from->length, &bytes);

    if (status == ERROR_SUCCESS) {
        *to = (WS_XML_STRING){.length = from->length, .bytes = bytes};
    }
    return status;
}

static HRESULT copy_buffer(struct heap *heap, const WS_XML_BUFFER *from, WS_XML_BUFFER **to)
{
    struct document *document;
    HRESULT status;

    if (from == NULL) {
        *to = NULL;
        return ERROR_SUCCESS;
    }
    document = document_of(from);
    if (document == NULL) {
        return fail(E_INVALIDARG, "not a live WS_XML_BUFFER");
    }
    status = heap_add_document(heap, document, to);
    if (status != ERROR_SUCCESS) {
        document_release(document);
    }
    return heap_fail(heap, status, 0, NULL);
}

static HRESULT copy_codes(struct heap *heap, const WS_FAULT_CODE *from, WS_FAULT_CODE **to)
{
    HRESULT status = ERROR_SUCCESS;

    *to = NULL;
    for (unsigned count = 0; from != NULL && status == ERROR_SUCCESS; count++, from = from->subCode) {
        void *code;

        if (count == MAX_CODES) {
            return fail(E_INVALIDARG, "the chain of the fault's codes has no end");
        }
        status = heap_fail(heap, heap_alloc(heap, sizeof **to, &code), sizeof **to, NULL);
        if (status != ERROR_SUCCESS) {
            break;
        }
        *to = memset(code, 0, sizeof **to);
        status = copy_xml_string(heap, &from->value.localName, &(*to)->value.localName);
        if (status == ERROR_SUCCESS) {
            status = copy_xml_string(heap, &from->value.ns, &(*to)->value.ns);
        }
        to = &(*to)->subCode;
    }
    return status;
}

static HRESULT copy_reasons(struct heap *heap, const WS_FAULT *from, WS_FAULT *to)
{
    HRESULT status;
    void *reasons;

    if (from->reasonCount == 0) {
        return ERROR_SUCCESS;
    }
    if (from->reasons == NULL || from->reasonCount > MAX_REASONS) {
        return fail(E_INVALIDARG, "the fault's reasons are NULL or too many");
    }
    status = heap_alloc(heap, from->reasonCount * sizeof *to->reasons, &reasons);
    if (status != ERROR_SUCCESS) {
        return heap_fail(heap, status, 0, NULL);
    }
    to->reasons = memset(reasons, 0, from->reasonCount * sizeof *to->reasons);
    to->reasonCount = from->reasonCount;
    for (ULONG i = 0; i < from->reasonCount && status == ERROR_SUCCESS; i++) {
        status = copy_string(heap, &from->reasons[i].text, &to->reasons[i].text);
        if (status == ERROR_SUCCESS) {
            status = copy_string(heap, &from->reasons[i].lang, &to->reasons[i].lang);
        }
    }
    return status;
}

static HRESULT set_fault(struct error *error, const WS_FAULT *from)
{
    struct heap *heap = &error->heap;
    WS_FAULT fault = {0};
    void *copy;
    HRESULT status = copy_codes(heap, from->code, &fault.code);

    if (status == ERROR_SUCCESS) {
        status = copy_reasons(heap, from, &fault);
    }
    if (status == ERROR_SUCCESS) {
        status = copy_string(heap, &from->actor, &fault.actor);
    }
    if (status == ERROR_SUCCESS) {
        status = copy_string(heap, &from->node, &fault.node);
    }
    if (status == ERROR_SUCCESS) {
        status = copy_buffer(heap, from->detail, &fault.detail);
    }
    if (status == ERROR_SUCCESS) {
        status = heap_fail(heap, heap_alloc(heap, sizeof fault, &copy), sizeof fault, NULL);
    }
    if (status == ERROR_SUCCESS) {
        error->fault = memcpy(copy, &fault, sizeof fault);
    }
    return status;
}

static HRESULT write_property(struct error *error, WS_FAULT_ERROR_PROPERTY_ID id, const void *value, ULONG size)
{
    static const size_t SIZES[] = {sizeof(WS_FAULT), sizeof(WS_XML_STRING), sizeof(WS_XML_BUFFER *)};

    if ((size_t)id >= sizeof SIZES / sizeof *SIZES) {
        return fail(E_INVALIDARG, "an error object has no such property of a fault");
    }
    if (value == NULL || size != SIZES[id]) {
        return fail(E_INVALIDARG, "the size is not exactly that of the property");
    }
    switch (id) {
    case WS_FAULT_ERROR_PROPERTY_FAULT:
        return set_fault(error, value);
    case WS_FAULT_ERROR_PROPERTY_ACTION:
        return copy_xml_string(&error->heap, value, &error->action);
    case WS_FAULT_ERROR_PROPERTY_HEADER:
    default:
        return copy_buffer(&error->heap, *(WS_XML_BUFFER *const *)value, &error->header);
    }
}

HRESULT WINAPI WsSetFaultErrorProperty(WS_ERROR *error, WS_FAULT_ERROR_PROPERTY_ID id, const void *value,
                                       ULONG valueSize)
{
    void *object;
    HRESULT status = object_enter(error, HANDLE_WS_ERROR, &object, NULL);

    if (status == ERROR_SUCCESS) {
        status = write_property(object, id, value, valueSize);
        object_leave(error, object);
    }
    return ncx_trace("WsSetFaultErrorProperty", status);
}

static HRESULT read_property(const struct error *error, WS_FAULT_ERROR_PROPERTY_ID id, void *buffer, ULONG size)
{
    const void *value;
    size_t wanted;

    switch (id) {
    case WS_FAULT_ERROR_PROPERTY_FAULT:
        value = &error->fault;
        wanted = sizeof error->fault;
        break;
    case WS_FAULT_ERROR_PROPERTY_ACTION:
        value = &error->action;
        wanted = sizeof error->action;
        break;
    case WS_FAULT_ERROR_PROPERTY_HEADER:
        value = &error->header;
        wanted = sizeof error->header;
        break;
    default:
        return fail(E_INVALIDARG, "an error object has no such property of a fault");
    }
    if (buffer == NULL || size != wanted) {
        return fail(E_INVALIDARG, "the size is not exactly that of the property");
    }
    memcpy(buffer, value, wanted);
    return ERROR_SUCCESS;
}

HRESULT WINAPI WsGetFaultErrorProperty(WS_ERROR *error, WS_FAULT_ERROR_PROPERTY_ID id, void *buffer, ULONG bufferSize)
{
    void *object;
    HRESULT status = object_enter(error, HANDLE_WS_ERROR, &object, NULL);

    if (status == ERROR_SUCCESS) {
        status = read_property(object, id, buffer, bufferSize);
        object_leave(error, object);
    }
    return ncx_trace("WsGetFaultErrorProperty", status);
}
