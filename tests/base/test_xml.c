#include "lib/base/xml.h"
#include "tests/base/unit.h"

START_TEST(test_text_is_the_same_text_again)
{
    static const struct {
        const char *text, *escaped;
    } vectors[] = {
        {"", ""},
        {"plain", "plain"},
        {"a<b>&'\"", "a&#60;b&#62;&#38;&#39;&#34;"},
        {"\t\n\r", "&#9;&#10;&#13;"},
        {"\x01\x1f", "\xef\xbf\xbd\xef\xbf\xbd"},
        {"gr\xc3\xbc\xc3\x9f", "gr\xc3\xbc\xc3\x9f"},
        {"\xf0\x9f\x92\xbb", "\xf0\x9f\x92\xbb"},
        {"\xc3", "\xef\xbf\xbd"},                                 /* cut short */
        {"\xc0\xbc", "\xef\xbf\xbd\xef\xbf\xbd"},                 /* an overlong '<' */
        {"\xef\xbf\xbe", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"}, /* U+FFFE */
    };
    for (size_t i = 0; i < BD_ARRAY_LEN(vectors); i++) {
        bd_auto_str struct bd_str out = {0};
        bd_xml_escape(&out, vectors[i].text);
        ck_assert_str_eq(bd_str_text(&out), vectors[i].escaped);
    }
}
END_TEST

UNIT_MAIN("xml", test_text_is_the_same_text_again)
