#include "lib/base/text.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

uint32_t bd_utf8_decode(const void *data, size_t bytes)
{
    static const unsigned char first_bits[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
    const unsigned char *s = data;
    uint32_t c = s[0] & first_bits[bytes];
    for (size_t i = 1; i < bytes; i++)
        c = c << 6 | (s[i] & 0x3fU);
    return c;
}

static bool acts(uint32_t c)
{
    return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x061c || (c >= 0x200e && c <= 0x200f) ||
           (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069) || c == 0xfeff;
}

static void escape_char(struct bd_str *out, uint32_t c)
{
    switch (c) {
    case '\n':
        bd_str_add(out, "\\n");
        break;
    case '\r':
        bd_str_add(out, "\\r");
        break;
    case '\t':
        bd_str_add(out, "\\t");
        break;
    default:
        bd_str_addf(out, c < 0x100 ? "\\x%02x" : "\\u%04x", c);
    }
}

void bd_text_visible(struct bd_str *out, const char *text)
{
    const unsigned char *s = (const unsigned char *)text;
    size_t left = strlen(text);
    while (left) {
        size_t n = bd_utf8_char(s, left);
        uint32_t c = n ? bd_utf8_decode(s, n) : s[0];
        if (n == 0 || acts(c))
            escape_char(out, c);
        else
            bd_str_addn(out, s, n);
        s += n ? n : 1;
        left -= n ? n : 1;
    }
}

const char *bd_text_real(double value, int digits, char out[BD_NUMBER_BYTES])
{
    /* Above, not every whole number is a double. */
    bool whole = fabs(value) < 1e15 && trunc(value) == value;
    if (whole)
        snprintf(out, BD_NUMBER_BYTES, "%.0f", value + 0.0); /* -0 is 0 */
    else
        snprintf(out, BD_NUMBER_BYTES, "%.*g", digits, value);
    return out;
}
