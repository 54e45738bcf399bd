#include "differences_print.h"

#include "api.h"
#include "table.h"

#include <stdio.h>

void print_differences(const struct cli *cli, const json_t *list, const char *before,
                       const char *after)
{
    static const char *const keys[] = {"before", "after"};
    const struct table_column columns[] = {
        {"OF", false}, {"DIFFERS", false}, {before, false}, {after, false}};
    table_auto struct table table = {0};
    const json_t *one;
    size_t i, first = bd_json_str(json_array_get(list, 0), "campaign", NULL) ? 0 : 1;
    if (json_array_size(list) == 0) {
        puts("conditions: no difference known");
        return;
    }
    table_init(&table, columns + first, BD_ARRAY_LEN(columns) - first);
    json_array_foreach (list, i, one) {
        if (first == 0)
            table_add(&table, STYLE_PLAIN, bd_json_str(one, "campaign", "?"));
        table_add(&table, STYLE_PLAIN, bd_json_str(one, "path", "?"));
        for (size_t k = 0; k < BD_ARRAY_LEN(keys); k++) {
            bd_auto_str struct bd_str value = {0};
            const json_t *side = json_object_get(one, keys[k]);
            if (!json_is_null(side))
                api_add_value(&value, side);
            table_add(&table, STYLE_PLAIN, value.len ? bd_str_text(&value) : NULL);
        }
    }
    table_print(&table, &cli->out, 0);
}
