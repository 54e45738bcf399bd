#include "lib/swf/swf.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

void swf_write_header(const struct bd_strv *header, struct bd_str *ret_text)
{
    for (size_t i = 0; i < header->n; i++)
        bd_str_addf(ret_text, "; %s\n", header->items[i]);
}

static void write_number(double value, struct bd_str *ret_text)
{
    char text[64];
    if (value == floor(value)) {
        bd_str_addf(ret_text, "%.0f", value);
        return;
    }
    int n = snprintf(text, sizeof(text), "%.9f", value);
    while (n > 0 && text[n - 1] == '0')
        text[--n] = '\0';
    bd_str_add(ret_text, text);
}

void swf_write_job(const struct swf_job *job, struct bd_str *ret_text)
{
    for (unsigned f = 0; f < SWF_FIELD_COUNT; f++) {
        if (f)
            bd_str_add(ret_text, " ");
        write_number(job->fields[f], ret_text);
    }
    bd_str_add(ret_text, "\n");
}
