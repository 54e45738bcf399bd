#include "term.h"

#include "lib/base/str.h"

#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

void term_init(struct term *t, FILE *file, bool utf8, bool no_colour)
{
    const char *kind = getenv("TERM");
    const char *wish = getenv("NO_COLOR"); /* no-color.org: any value but an empty one */
    *t = (struct term){.file = file, .utf8 = utf8};
    t->live = isatty(fileno(file)) && kind && kind[0] && !bd_str_eq(kind, "dumb");
    t->colour = t->live && !no_colour && !(wish && wish[0]);
}

const char *term_on(const struct term *t, enum term_style style)
{
    static const char *const on[STYLE_COUNT] = {
        [STYLE_PLAIN] = "",        [STYLE_BOLD] = "\033[1m",  [STYLE_DIM] = "\033[2m",
        [STYLE_GOOD] = "\033[32m", [STYLE_WARN] = "\033[33m", [STYLE_BAD] = "\033[31m",
    };
    return t->colour ? on[style] : "";
}

const char *term_off(const struct term *t)
{
    return t->colour ? "\033[0m" : "";
}

const char *term_mark(const struct term *t, enum term_mark mark)
{
    static const char *const marks[MARK_COUNT][2] = {
        [MARK_OK] = {"+", "✓"},   [MARK_FAIL] = {"x", "✗"}, [MARK_WARN] = {"!", "!"},
        [MARK_INFO] = {"-", "·"}, [MARK_BUSY] = {".", "…"},
    };
    return marks[mark][t->utf8];
}

enum term_style term_mark_style(enum term_mark mark)
{
    static const enum term_style styles[MARK_COUNT] = {
        [MARK_OK] = STYLE_GOOD,  [MARK_FAIL] = STYLE_BAD, [MARK_WARN] = STYLE_WARN,
        [MARK_INFO] = STYLE_DIM, [MARK_BUSY] = STYLE_DIM,
    };
    return styles[mark];
}

size_t term_columns(const struct term *t)
{
    struct winsize size;
    if (ioctl(fileno(t->file), TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
        return size.ws_col;
    return 80;
}
