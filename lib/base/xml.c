#include "lib/base/xml.h"

#include <string.h>

/* Length of the UTF-8 character at s, or 0 where there is none that XML 1.0 can hold. */
static size_t xml_char(const char *s)
{
    unsigned char c = (unsigned char)*s;
    if (c < 0x80)
        return c >= 0x20 || c == '\t' || c == '\n' || c == '\r';
    size_t n = bd_utf8_char(s, strnlen(s, 4));
    bool is_none =
        n == 3 && (memcmp(s, "\xef\xbf\xbe", 3) == 0 || memcmp(s, "\xef\xbf\xbf", 3) == 0);
    return is_none ? 0 : n;
}

void bd_xml_escape(struct bd_str *out, const char *text)
{
    while (*text) {
        size_t n = xml_char(text);
        if (n == 0) {
            bd_str_add(out, "\xef\xbf\xbd");
            text++;
            continue;
        }
        /* A parser turns blanks within an attribute, and every CR, into others unless they are
         * numbers. */
        if (n == 1 && strchr("<>&\"'\t\n\r", *text))
            bd_str_addf(out, "&#%d;", *text);
        else
            bd_str_addn(out, text, n);
        text += n;
    }
}
