#include "number.h"

#include "fatal.h"

#include <stdlib.h>

bool number_read(const char *text, int64_t least, int64_t most, int64_t *ret_number)
{
    bool begins = (*text >= '0' && *text <= '9') || *text == '-';
    char *end;

    errno = 0;
    long long value = strtoll(text, &end, 10);
    if (!begins || errno || end == text || *end || value < least || value > most)
        return false;
    *ret_number = value;
    return true;
}

int64_t number(const char *name, const char *text, int64_t least, int64_t most)
{
    int64_t value;

    if (!number_read(text, least, most, &value))
        fatal(EXIT_USAGE, "%s '%s' is not a number from %lld to %lld", name, text, (long long)least,
              (long long)most);
    return value;
}
