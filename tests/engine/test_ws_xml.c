/* SPDX-License-Identifier: MIT
 *
 * Text to XML buffer and back: what is kept, what is refused, charsets and properties.
 */
#include "ws_support.h"

static void test_kept(void)
{
    check_text("<a/>", "<a/>");
    check_text("<a></a >", "<a/>");
    check_text("<a  b = 'x'\n c=\"'\"/>", "<a b=\"x\" c=\"'\"/>");
    check_text("<a b='\"&quot;&apos;&lt;>&gt;'/>", "<a b=\"&quot;&quot;'&lt;>>\"/>");
    check_text("<a b='1\n2&#10;&#9;&#13;\r\n3'/>", "<a b=\"1 2&#xA;&#x9;&#xD; 3\"/>");
    check_text("<a>\n \r\n\t&#13;</a>", "<a>\n \n\t&#xD;</a>");
    check_text("<a>&lt;&gt;&amp;&quot;&apos;\"'</a>", "<a>&lt;&gt;&amp;\"'\"'</a>");
    check_text("<a>x<b/> y<c>z</c></a>", "<a>x<b/> y<c>z</c></a>");
    check_text("<a><![CDATA[<&]]>x<![CDATA[]]></a>", "<a><![CDATA[<&]]>x<![CDATA[]]></a>");
    check_text(" <!-- b --> <a><!--c--></a>\n<!----> ", "<!-- b --><a><!--c--></a><!---->");
    check_text("<?xml version='1.0'?>\n<a/>", "<a/>");
    check_text("<?xml version=\"1.0\" encoding='UTF-8' standalone='no' ?><a/>", "<a/>");
    check_text("\xEF\xBB\xBF<a>\xC3\xA9\xF0\x9F\x98\x80&#x1F600;</a>",
               "<a>\xC3\xA9\xF0\x9F\x98\x80\xF0\x9F\x98\x80</a>");
    check_text("<a xml:space='preserve' xml:lang='en'> </a>", "<a xml:space=\"preserve\" xml:lang=\"en\"> </a>");
}

static void test_namespaces(void)
{
    check_text("<p:a xmlns:p='u' q:b='1' c='2' xmlns:q='v'/>", "<p:a q:b=\"1\" c=\"2\" xmlns:p=\"u\" xmlns:q=\"v\"/>");
    check_text("<a xmlns='u'><b xmlns=''><c/></b><d xmlns='u'/></a>",
               "<a xmlns=\"u\"><b xmlns=\"\"><c/></b><d xmlns=\"u\"/></a>");
    check_text("<p:a xmlns:p='u&amp;v'><p:b xmlns:p='u&amp;v'/></p:a>",
               "<p:a xmlns:p=\"u&amp;v\"><p:b xmlns:p=\"u&amp;v\"/></p:a>");
    check_text("<a xmlns:unused='urn:x'/>", "<a xmlns:unused=\"urn:x\"/>");
    check_text("<a xmlns='no URI' xmlns:b='../c'/>", "<a xmlns=\"no URI\" xmlns:b=\"../c\"/>");
}

static void test_refused(void)
{
    static const struct {
        const char *text;
        const char *words;
    } CASES[] = {
        {"", "line 1"},
        {" ", "line 1"},
        {"x", "begins with '<'"},
        {"<a>", "line 1"},
        {"<a>\n</b>", "line 2"},
        {"<a/><b/>", "line 1"},
        {"<a/>x", "line 1"},
        {"<a b='1' b='2'/>", "line 1"},
        {"<a b=1/>", "line 1"},
        {"<p:a/>", "line 1"},
        {"<a p:b=''/>", "line 1"},
        {"<a xmlns:p=''/>", "line 1"},
        {"<a>&nbsp;</a>", "line 1"},
        {"<a>&#0;</a>", "line 1"},
        {"<a>& </a>", "line 1"},
        {"<a><</a>", "line 1"},
        {"<a>]]></a>", "line 1"},
        {"<a><!-- -- --></a>", "line 1"},
        {"<!DOCTYPE a><a/>", "document type"},
        {"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", "document type"},
        {"<a><?b c?></a>", "processing instructions"},
        {" <?xml version='1.0'?><a/>", "processing instructions"},
        {"<?xml version='1.0'?><?xml version='1.0'?><a/>", "processing instructions"},
        {"<?xml version='1.1'?><a/>", "version 1.0"},
        {"<?xml version='1.0' encoding='utf-16'?><a/>", "another encoding"},
        {"<?xml version='1.0' encoding='latin1'?><a/>", "another encoding"},
        {"<?xml version='1.0' standalone='maybe'?><a/>", "standalone"},
        {"<?xml version='1.0' x='y'?><a/>", "not well-formed"},
        {"<?xml version='1.0", "version 1.0"},
        {"<a>\xFF</a>", "line 1"},
        {"<a>\xC0\xAF</a>", "line 1"},
        {"<a>\xED\xA0\x80</a>", "line 1"},
        {"<a>\x01</a>", "line 1"},
    };

    for (size_t i = 0; i < COUNT(CASES); i++) {
        WS_XML_BUFFER *buffer = NULL;
        unsigned before = test_failures;

        CHECK_FAILURE(read_text(CASES[i].text, &buffer), WS_E_INVALID_FORMAT, CASES[i].words);
        CHECK(buffer == NULL);
        if (test_failures != before) {
            fprintf(stderr, "    with %s\n", CASES[i].text);
        }
    }
    CHECK_FAILURE(read_sized("<a>\0</a>", 8, WS_CHARSET_UTF8, &(WS_XML_BUFFER *){NULL}), WS_E_INVALID_FORMAT, "NUL");
}

static void test_faulted(void)
{
    WS_XML_BUFFER *buffer = NULL;
    ULONG value;

    CHECK_FAILURE(read_text("<a>", &buffer), WS_E_INVALID_FORMAT, "line 1");
    CHECK_FAILURE(WsReadXmlBuffer(reader, heap, &buffer, error), WS_E_OBJECT_FAULTED, "failed before");
    CHECK_FAILURE(WsGetReaderProperty(reader, WS_XML_READER_PROPERTY_MAX_DEPTH, &value, 4, error), WS_E_OBJECT_FAULTED,
                  "failed before");
    CHECK_STATUS(WsReadXmlBufferFromBytes(reader, NULL, NULL, 0, "<a/>", 4, heap, &buffer, error), 0);
    CHECK_FAILURE(WsReadXmlBuffer(reader, heap, &buffer, error), WS_E_INVALID_OPERATION, "at the end");
    CHECK_STATUS(WsSetInput(reader, NULL, NULL, NULL, 0, error), 0);
    CHECK_STATUS(WsReadXmlBuffer(reader, heap, &buffer, error), 0);
    CHECK(strcmp(text_of(buffer), "") == 0);
    CHECK_FAILURE(read_sized(NULL, 0, WS_CHARSET_UTF8, &buffer), WS_E_INVALID_FORMAT, "line 1");
    CHECK_FAILURE(read_sized(NULL, 1, WS_CHARSET_UTF8, &buffer), E_INVALIDARG, "NULL");
}

static void test_input_forms(void)
{
    WS_XML_READER_TEXT_ENCODING encoding = {{WS_XML_READER_ENCODING_TYPE_BINARY}, WS_CHARSET_UTF8};
    WS_XML_READER_BUFFER_INPUT input = {{WS_XML_READER_INPUT_TYPE_BUFFER}, (void *)(uintptr_t)"<a/>", 4};

    CHECK_FAILURE(WsSetInput(reader, &encoding.encoding, &input.input, NULL, 0, error), WS_E_NOT_SUPPORTED, "text");
    encoding.encoding.encodingType = (WS_XML_READER_ENCODING_TYPE)9;
    CHECK_FAILURE(WsSetInput(reader, &encoding.encoding, &input.input, NULL, 0, error), E_INVALIDARG, "encoding 9");
    encoding.encoding.encodingType = WS_XML_READER_ENCODING_TYPE_TEXT;
    encoding.charSet = (WS_CHARSET)4;
    CHECK_FAILURE(WsSetInput(reader, &encoding.encoding, &input.input, NULL, 0, error), E_INVALIDARG, "charset 4");
    encoding.charSet = WS_CHARSET_AUTO;
    input.input.inputType = WS_XML_READER_INPUT_TYPE_STREAM;
    CHECK_FAILURE(WsSetInput(reader, &encoding.encoding, &input.input, NULL, 0, error), WS_E_NOT_SUPPORTED, "memory");
    input.input.inputType = (WS_XML_READER_INPUT_TYPE)0;
    CHECK_FAILURE(WsSetInput(reader, &encoding.encoding, &input.input, NULL, 0, error), E_INVALIDARG, "kind 0");
    CHECK_FAILURE(WsSetInput(reader, &encoding.encoding, NULL, NULL, 0, error), E_INVALIDARG, "both");
    CHECK_FAILURE(WsSetInput(reader, NULL, &input.input, NULL, 0, error), E_INVALIDARG, "both");
    CHECK_FAILURE(WsReadXmlBufferFromBytes(reader, NULL, NULL, 0, NULL, 0, heap, &(WS_XML_BUFFER *){NULL}, error),
                  E_INVALIDARG, "NULL");
}

/* The text as UTF-16, read as that charset, and what the reader says it was. */
static void check_utf16(const char *text, size_t size, WS_CHARSET given, WS_CHARSET found, const char *expected)
{
    WS_XML_BUFFER *buffer = NULL;
    WS_CHARSET charset = WS_CHARSET_AUTO;

    if (CHECK_STATUS(read_sized(text, size, given, &buffer), 0)) {
        CHECK_STATUS(WsGetReaderProperty(reader, WS_XML_READER_PROPERTY_CHARSET, &charset, sizeof charset, error), 0);
        CHECK(charset == found);
        CHECK(strcmp(text_of(buffer), expected) == 0);
    }
}

static void test_utf16(void)
{
    static const char LITTLE[] = "\xFF\xFE<\0a\0>\0\x3D\xD8\x00\xDE<\0/\0a\0>"; /* and the literal's own NUL */
    static const char BIG[] = "\xFE\xFF\0<\0a\0>\xD8\x3D\xDE\x00\0<\0/\0a\0>";

    check_utf16(LITTLE, sizeof LITTLE, WS_CHARSET_AUTO, WS_CHARSET_UTF16LE, "<a>\xF0\x9F\x98\x80</a>");
    check_utf16(LITTLE + 2, sizeof LITTLE - 2, WS_CHARSET_AUTO, WS_CHARSET_UTF16LE, "<a>\xF0\x9F\x98\x80</a>");
    check_utf16(LITTLE, sizeof LITTLE, WS_CHARSET_UTF16LE, WS_CHARSET_UTF16LE, "<a>\xF0\x9F\x98\x80</a>");
    check_utf16(BIG, sizeof BIG - 1, WS_CHARSET_AUTO, WS_CHARSET_UTF16BE, "<a>\xF0\x9F\x98\x80</a>");
    check_utf16(BIG + 2, sizeof BIG - 3, WS_CHARSET_UTF16BE, WS_CHARSET_UTF16BE, "<a>\xF0\x9F\x98\x80</a>");
    check_utf16("<a/>", 4, WS_CHARSET_AUTO, WS_CHARSET_UTF8, "<a/>");
    CHECK_FAILURE(read_sized(LITTLE, sizeof LITTLE - 1, WS_CHARSET_AUTO, &(WS_XML_BUFFER *){NULL}), WS_E_INVALID_FORMAT,
                  "even number");
    CHECK_FAILURE(read_sized("<\0a\0>\0\x00\xDC<\0", 10, WS_CHARSET_AUTO, &(WS_XML_BUFFER *){NULL}),
                  WS_E_INVALID_FORMAT, "surrogate");
    CHECK_FAILURE(read_sized(LITTLE, sizeof LITTLE, WS_CHARSET_UTF16BE, &(WS_XML_BUFFER *){NULL}), WS_E_INVALID_FORMAT,
                  "begins with");
    CHECK_FAILURE(read_sized(LITTLE, sizeof LITTLE, WS_CHARSET_UTF8, &(WS_XML_BUFFER *){NULL}), WS_E_INVALID_FORMAT,
                  "NUL");
}

static void check_written(WS_CHARSET charset, const char *expected, size_t size)
{
    BOOL declare = TRUE;
    WS_XML_WRITER_TEXT_ENCODING encoding = {{WS_XML_WRITER_ENCODING_TYPE_TEXT}, charset};
    WS_XML_WRITER_PROPERTY property = {WS_XML_WRITER_PROPERTY_WRITE_DECLARATION, &declare, sizeof declare};
    void *bytes = NULL;
    ULONG count = 0;

    CHECK_STATUS(WsWriteXmlBufferToBytes(writer, make_buffer("<a>\xF0\x9F\x98\x80</a>"), &encoding.encoding, &property,
                                         1, heap, &bytes, &count, error),
                 0);
    CHECK(count >= size && memcmp((char *)bytes + count - size, expected, size) == 0);
    CHECK(memcmp(bytes,
                 charset == WS_CHARSET_UTF16BE ? "\0<\0?"
                 : charset == WS_CHARSET_UTF8  ? "<?xm"
                                               : "<\0?\0",
                 4) == 0);
    CHECK_STATUS(read_sized(bytes, count, WS_CHARSET_AUTO, &(WS_XML_BUFFER *){NULL}), 0);
}

static void test_written_charsets(void)
{
    check_written(WS_CHARSET_UTF8, "<a>\xF0\x9F\x98\x80</a>", 11);
    check_written(WS_CHARSET_UTF16LE, "<\0a\0>\0\x3D\xD8\x00\xDE<\0/\0a\0>\0", 18);
    check_written(WS_CHARSET_UTF16BE, "\0<\0a\0>\xD8\x3D\xDE\x00\0<\0/\0a\0>", 18);
}

int main(void)
{
    ws_set_up();
    RUN(test_kept);
    RUN(test_namespaces);
    RUN(test_refused);
    RUN(test_faulted);
    RUN(test_input_forms);
    RUN(test_utf16);
    RUN(test_written_charsets);
    ws_tear_down();
    return test_result("ws_xml");
}
