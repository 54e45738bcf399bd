#include "lib/sample/ticks.h"

int64_t ticks_due_ns(const struct ticks *t)
{
    return t->k * t->interval_ns;
}

bool ticks_begin(struct ticks *t, int64_t now_ns)
{
    int64_t late_ns = now_ns - ticks_due_ns(t);
    if (late_ns > t->interval_ns / 2) {
        t->skipped++;
        return false;
    }
    if (late_ns > t->interval_ns / 10)
        t->late++;
    return true;
}

void ticks_end(struct ticks *t, int64_t now_ns)
{
    int64_t next = now_ns / t->interval_ns + 1;
    if (next > t->k + 1)
        t->skipped += (uint32_t)(next - t->k - 1);
    t->k = next > t->k + 1 ? next : t->k + 1;
}
