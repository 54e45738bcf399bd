#include "lib/swf/swf.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static bool is_label(const char *line, const char *label)
{
    size_t n = strlen(label);
    return strncasecmp(line, label, n) == 0 && line[n + strspn(line + n, " \t")] == ':';
}

void swf_say_counts(struct swf *log)
{
    static const char *const labels[] = {"MaxJobs", "MaxRecords"};
    for (size_t i = 0; i < log->header.n; i++)
        for (size_t k = 0; k < BD_ARRAY_LEN(labels); k++)
            if (is_label(log->header.items[i], labels[k])) {
                free(log->header.items[i]);
                log->header.items[i] = bd_xasprintf("%s: %zu", labels[k], log->n);
            }
}

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
