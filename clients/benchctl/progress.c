#include "progress.h"

#include "text.h"

#include "lib/base/clock.h"

void progress_init(struct progress *p, const struct term *term)
{
    *p = (struct progress){.term = term};
}

static void clear_line(struct progress *p)
{
    if (p->drawn)
        fputs("\r\033[K", p->term->file);
    p->drawn = false;
}

void progress_done(struct progress *p)
{
    clear_line(p);
    fflush(p->term->file);
    bd_str_done(&p->now);
}

void progress_now(struct progress *p, const char *text, bool restart)
{
    bd_str_clear(&p->now);
    if (text)
        text_escape(&p->now, text);
    if (restart)
        p->now_since_ns = bd_mono_ns();
    progress_tick(p);
}

void progress_tick(struct progress *p)
{
    if (!p->term->live)
        return;
    clear_line(p);
    if (p->now.len == 0)
        return;
    char time[TEXT_NUMBER_BYTES];
    int64_t ms = (bd_mono_ns() - p->now_since_ns) / BD_NS_PER_MS;
    bd_auto_str struct bd_str line = {0};
    bd_str_addf(&line, "%s  %s", bd_str_text(&p->now), text_ms(ms / 100 * 100, time));
    /* A line that wraps can't be drawn over: the mark and one column are kept free. */
    size_t columns = term_columns(p->term);
    text_cut(&line, columns > 4 ? columns - 3 : 1);
    fprintf(p->term->file, "%s%s %s%s", term_on(p->term, STYLE_DIM), term_mark(p->term, MARK_BUSY),
            bd_str_text(&line), term_off(p->term));
    fflush(p->term->file);
    p->drawn = true;
}

void progress_line(struct progress *p, enum term_mark mark, const char *what, int64_t ms)
{
    char time[TEXT_NUMBER_BYTES];
    bd_auto_str struct bd_str text = {0};
    text_escape(&text, what);
    clear_line(p);
    fprintf(p->term->file, "%s%s%s %s", term_on(p->term, term_mark_style(mark)),
            term_mark(p->term, mark), term_off(p->term), bd_str_text(&text));
    if (ms >= 0)
        fprintf(p->term->file, "%*s%s%s%s",
                text_width(bd_str_text(&text)) < 10 ? (int)(10 - text_width(bd_str_text(&text)))
                                                    : 2,
                "", term_on(p->term, STYLE_DIM), text_ms(ms, time), term_off(p->term));
    fputc('\n', p->term->file);
    progress_tick(p);
}
