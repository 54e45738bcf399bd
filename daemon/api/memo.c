#include "daemon/api/memo.h"

#include "lib/base/mem.h"

#include <pthread.h>

#define VALUES_MAX 2000

struct memo {
    pthread_mutex_t lock;
    json_t *values;
};

struct memo *memo_new(void)
{
    struct memo *m = bd_new(struct memo);
    pthread_mutex_init(&m->lock, NULL);
    m->values = json_object();
    return m;
}

void memo_free(struct memo *m)
{
    if (!m)
        return;
    pthread_mutex_destroy(&m->lock);
    json_decref(m->values);
    free(m);
}

json_t *memo_get(struct memo *m, const char *key)
{
    pthread_mutex_lock(&m->lock);
    json_t *value = json_deep_copy(json_object_get(m->values, key));
    pthread_mutex_unlock(&m->lock);
    return value;
}

void memo_put(struct memo *m, const char *key, const json_t *value)
{
    json_t *copy = json_deep_copy(value);
    pthread_mutex_lock(&m->lock);
    if (json_object_size(m->values) >= VALUES_MAX)
        json_object_clear(m->values);
    json_object_set_new(m->values, key, copy);
    pthread_mutex_unlock(&m->lock);
}
