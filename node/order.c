#include "order.h"

#include "fatal.h"
#include "number.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool cut_number(char **line, int64_t least, int64_t most, int64_t *ret_number)
{
    const char *word = strsep(line, " ");

    return word && number_read(word, least, most, ret_number);
}

/* As cut_number; "-" is none. */
static bool cut_perhaps(char **line, int64_t least, int64_t most, bool *ret_is_there,
                        int64_t *ret_number)
{
    const char *word = strsep(line, " ");

    *ret_is_there = word && strcmp(word, "-") != 0;
    return word && (!*ret_is_there || number_read(word, least, most, ret_number));
}

/* "tasks-per-node=N", "cores-per-task=N", "memory=BYTES", "shares": those that a job says. */
static bool read_ask(char *word, struct order_ask *ask)
{
    const struct {
        const char *name;
        int64_t *value;
    } known[] = {
        {"tasks-per-node", &ask->tasks},
        {"cores-per-task", &ask->cores_per_task},
        {"memory", &ask->memory_bytes},
    };
    const char *name = strsep(&word, "=");

    if (!word) {
        ask->shares = strcmp(name, "shares") == 0;
        return ask->shares;
    }
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
        if (strcmp(known[i].name, name) == 0)
            return number_read(word, 1, INT64_MAX / 4, known[i].value) &&
                   (known[i].value == &ask->memory_bytes || *known[i].value <= ORDER_TASKS_MOST);
    return false;
}

bool order_read(char *line, struct order *ret_order)
{
    struct order o = {.ask = {.tasks = 1}};
    int64_t index;
    bool follows;

    if (!cut_number(&line, 0, UINT32_MAX, &index) || !cut_number(&line, 1, INT32_MAX, &o.nodes) ||
        !cut_number(&line, 1, INT32_MAX, &o.tasks) ||
        !cut_number(&line, 0, INT64_MAX / 4, &o.limit_ns) || !(o.user = strsep(&line, " ")) ||
        !cut_perhaps(&line, -ORDER_PRIORITY_MOST, ORDER_PRIORITY_MOST, &o.has_priority,
                     &o.priority) ||
        !cut_perhaps(&line, 1, INT64_MAX, &follows, &o.after))
        return false;
    char *word;
    while ((word = strsep(&line, " ")) && strcmp(word, "--") != 0)
        if (!read_ask(word, &o.ask))
            return false;
    if (!word || !line)
        return false;
    o.index = (uint32_t)index;
    o.command = line;
    *ret_order = o;
    return true;
}

void say(const char *format, ...)
{
    char line[1024];
    va_list values;

    va_start(values, format);
    vsnprintf(line, sizeof(line) - 1, format, values);
    va_end(values);
    for (char *at = line; *at; at++)
        if ((unsigned char)*at < ' ')
            *at = ' ';
    size_t length = strlen(line);
    line[length++] = '\n';
    for (size_t done = 0; done < length;) {
        ssize_t n = write(STDOUT_FILENO, line + done, length - done);
        if (n < 0 && errno != EINTR)
            fatal_errno(1, "can't talk to bench-driver");
        done += n < 0 ? 0 : (size_t)n;
    }
}

void give_up(const char *format, ...)
{
    char text[512];
    va_list values;

    va_start(values, format);
    vsnprintf(text, sizeof(text), format, values);
    va_end(values);
    say("error %s", text);
    exit(1);
}
