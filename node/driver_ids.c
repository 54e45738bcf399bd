#include "driver.h"

#include <stdlib.h>

#define ROOM_FIRST 1024

/* Schedulers count up: that must not put all of them side by side. */
static size_t place_of(uint64_t job_id, size_t room)
{
    return (size_t)(job_id * UINT64_C(0x9e3779b97f4a7c15) >> 32) & (room - 1);
}

static struct id_slot *find(struct id_slot *slots, size_t room, uint64_t job_id)
{
    size_t at = place_of(job_id, room);

    while (slots[at].used && slots[at].job_id != job_id)
        at = (at + 1) & (room - 1);
    return &slots[at];
}

/* To a table of twice the size. */
static void grow(struct ids *ids)
{
    size_t room = ids->room ? ids->room * 2 : ROOM_FIRST;
    struct id_slot *slots = calloc(room, sizeof(*slots));

    if (!slots)
        abort();
    for (size_t i = 0; i < ids->room; i++)
        if (ids->slots[i].used)
            *find(slots, room, ids->slots[i].job_id) = ids->slots[i];
    free(ids->slots);
    ids->slots = slots;
    ids->room = room;
}

struct id_slot *ids_slot(struct ids *ids, uint64_t job_id)
{
    if (ids->n * 2 >= ids->room)
        grow(ids);
    struct id_slot *slot = find(ids->slots, ids->room, job_id);
    if (!slot->used) {
        *slot = (struct id_slot){.job_id = job_id, .job = NO_JOB, .used = true};
        ids->n++;
    }
    return slot;
}

void ids_keep_early(struct ids *ids, struct early_end end)
{
    struct id_slot *slot = ids_slot(ids, end.job_id);

    if (ids->n_early == ids->early_room) {
        ids->early_room = ids->early_room ? ids->early_room * 2 : ROOM_FIRST;
        ids->early = reallocarray(ids->early, ids->early_room, sizeof(*ids->early));
        if (!ids->early)
            abort();
    }
    end.next = slot->first_early;
    ids->early[ids->n_early++] = end;
    slot->first_early = (uint32_t)ids->n_early;
}
