#include "daemon/api/private.h"

#include "lib/base/clock.h"

#include <math.h>

json_t *view_time(int64_t wall_ns)
{
    char text[BD_RFC3339_BYTES];
    return wall_ns ? json_string(bd_rfc3339(wall_ns, text)) : json_null();
}

json_t *view_or_null(json_t *json)
{
    return json ? json_incref(json) : json_null();
}

json_t *view_object(json_t *json)
{
    return json ? json_incref(json) : json_object();
}

json_t *view_list(json_t *json)
{
    return json ? json_incref(json) : json_array();
}

json_t *view_cluster(const struct store_cluster *row)
{
    const char *scheduler = bd_json_str(json_object_get(row->spec, "scheduler"), "name", "unknown");
    json_t *image = row->image_id ? json_pack("{s:s, s:s, s:s}", "id", row->image_id, "name",
                                              row->image_name, "digest", row->image_digest)
                                  : json_null();
    return json_pack(
        "{s:s, s:s?, s:s?, s:s, s:O, s:o, s:s?, s:{s:s, s:s?}, s:o, s:s?, s:o, s:o, s:o, s:o, "
        "s:o, s:o, s:o, s:o}",
        "id", row->id, "name", row->name, "run", row->run, "state",
        cluster_state_to_str(row->state), "spec", row->spec, "image", image, "subnet", row->subnet,
        "scheduler", "name", scheduler, "version", row->scheduler_version, "nodes",
        view_list(row->nodes), "step", row->step, "createdAt", view_time(row->created_ns),
        "readyAt", view_time(row->ready_ns), "endedAt", view_time(row->ended_ns), "timings",
        view_object(row->timings), "warnings", view_list(row->warnings), "error",
        view_or_null(row->error), "residue", view_or_null(row->residue), "network",
        view_or_null(row->network));
}

static json_t *count_json(const struct store_image *row, int64_t n)
{
    return row->state == IMAGE_READY ? json_integer(n) : json_null();
}

static json_t *list_json(const char *text)
{
    json_t *list = text ? json_loads(text, 0, NULL) : NULL;
    return list ? list : json_array();
}

json_t *view_image(const struct store_image *row)
{
    json_t *error = row->error
                        ? json_pack("{s:s, s:s}", "type", row->digest ? "gone" : "build-failed",
                                    "detail", row->error)
                        : json_null();
    return json_pack(
        "{s:s, s:s, s:s, s:o, s:s, s:s?, s:s?, s:o, s:o, s:o, s:o, s:o, s:s?, s:o}", "id", row->id,
        "name", row->name, "recipe", row->recipe ? row->recipe : row->name, "workloads",
        list_json(row->workloads), "state", image_state_to_str(row->state), "digest", row->digest,
        "recipeDigest", row->recipe_digest && *row->recipe_digest ? row->recipe_digest : NULL,
        "sizeBytes", count_json(row, row->size_bytes), "entries", count_json(row, row->entries),
        "packageCount", count_json(row, row->packages), "createdAt", view_time(row->created_ns),
        "readyAt", view_time(row->ready_ns), "progress", row->progress, "error", error);
}

static double to_hundredths(double value)
{
    return round(value * 100) / 100 + 0.0;
}

json_t *view_noise(const struct engine_load *load)
{
    return load->known
               ? json_pack("{s:f, s:f, s:f, s:b}", "outsideCpus", to_hundredths(load->outside_cpus),
                           "allowedCpus", load->allowed_cpus, "memoryPressurePercent",
                           to_hundredths(load->memory_pressure), "quiet", load->quiet)
               : json_null();
}

json_t *view_event(const struct store_event *row)
{
    return json_pack("{s:I, s:o, s:s, s:s, s:O}", "seq", (json_int_t)row->seq, "at",
                     view_time(row->at_ns), "kind", row->kind, "subject", row->subject, "data",
                     row->data);
}
