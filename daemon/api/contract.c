/* Requests against the contract: every operation's body and query schemas, compiled once at start.
 */
#include "daemon/api/definitions.h"

#include "api/contract.h"
#include "lib/base/str.h"

#include <errno.h>
#include <string.h>

struct param {
    char *name;
    bool in_query; /* else a header */
    bool is_list;  /* values separated by commas */
    bool is_integer;
    struct schema *schema;
};

struct op {
    const struct http_route *route;
    struct schema *body; /* NULL: none is checked */
    struct param *params;
    size_t n_params;
    struct bd_strv types; /* of its replies when all goes well; none: they have no body */
};

static const char *const role_names[HTTP_ROLE_COUNT] = {
    [HTTP_ROLE_VIEWER] = "viewer",
    [HTTP_ROLE_OPERATOR] = "operator",
    [HTTP_ROLE_ADMIN] = "admin",
};

/* The object a $ref leads to (or obj itself), with its pointer. */
static const json_t *follow(const json_t *doc, const json_t *obj, struct bd_str *pointer)
{
    const char *ref = bd_json_str(obj, "$ref", NULL);
    if (!ref || ref[0] != '#')
        return obj;
    bd_str_clear(pointer);
    bd_str_add(pointer, ref + 1);
    bd_auto_free char *path = bd_xstrdup(ref + 2);
    const json_t *at = doc;
    char *rest = path, *part;
    while (at && (part = strsep(&rest, "/")))
        at = json_object_get(at, part);
    return at;
}

static int add_param(struct op *op, const json_t *doc, const json_t *ref, const char *where,
                     struct bd_err *err)
{
    bd_auto_str struct bd_str pointer = {0};
    bd_str_add(&pointer, where);
    const json_t *obj = follow(doc, ref, &pointer);
    const char *in = bd_json_str(obj, "in", "");
    if (strcmp(in, "query") != 0 && strcmp(in, "header") != 0)
        return 0; /* of the path: what fits no object is not found */
    const char *type = bd_json_str(json_object_get(obj, "schema"), "type", "");
    op->params = bd_xrealloc(op->params, (op->n_params + 1) * sizeof(*op->params));
    struct param *p = &op->params[op->n_params];
    *p = (struct param){
        .in_query = strcmp(in, "query") == 0,
        .is_list = strcmp(type, "array") == 0,
        .is_integer = strcmp(type, "integer") == 0,
    };
    bd_str_add(&pointer, "/schema");
    int rc = schema_compile(doc, bd_str_text(&pointer), &p->schema, err);
    if (rc < 0)
        return rc;
    p->name = bd_xstrdup(bd_json_str(obj, "name", ""));
    op->n_params++;
    return 0;
}

static char *pointer_part(const char *path)
{
    struct bd_str out = {0};
    for (; *path; path++)
        bd_str_addn(&out, *path == '/' ? "~1" : path, *path == '/' ? 2 : 1);
    return bd_str_take(&out);
}

static void load_types(struct op *op, const json_t *responses)
{
    const char *status, *type;
    json_t *response, *content;
    json_object_foreach ((json_t *)responses, status, response) {
        if (status[0] != '2')
            continue;
        json_object_foreach (json_object_get(response, "content"), type, content) {
            if (!bd_strv_has(&op->types, type))
                bd_strv_add(&op->types, type);
        }
    }
}

static int load_op(struct op *op, const json_t *doc, struct bd_err *err)
{
    const struct http_route *route = op->route;
    char method[8] = "";
    for (size_t i = 0; i < sizeof(method) - 1 && route->method[i]; i++)
        method[i] = (char)(route->method[i] | 0x20);
    const json_t *item = json_object_get(json_object_get(doc, "paths"), route->path);
    const json_t *obj = json_object_get(item, method);
    if (!bd_str_eq(bd_json_str(obj, "operationId", NULL), route->operation_id))
        return bd_err_set(err, BD_EINVALID, "the contract has no operation %s at %s %s",
                          route->operation_id, route->method, route->path);
    const char *role = bd_json_str(obj, "x-role", "none");
    if (!bd_str_eq(role, role_names[route->role]))
        return bd_err_set(err, BD_EINVALID,
                          "the contract gives it to the role %s, the routes to %s", role,
                          role_names[route->role]);

    load_types(op, json_object_get(obj, "responses"));
    bd_auto_free char *part = pointer_part(route->path);
    const json_t *params = json_object_get(obj, "parameters");
    size_t i;
    const json_t *param;
    json_array_foreach (params, i, param) {
        bd_auto_free char *where = bd_xasprintf("/paths/%s/%s/parameters/%zu", part, method, i);
        int rc = add_param(op, doc, param, where, err);
        if (rc < 0)
            return rc;
    }
    if (route->body != HTTP_BODY_JSON)
        return 0;
    bd_auto_free char *where =
        bd_xasprintf("/paths/%s/%s/requestBody/content/application~1json/schema", part, method);
    return schema_compile(doc, where, &op->body, err);
}

static size_t count_operations(const json_t *doc)
{
    size_t n = 0;
    const char *path, *method;
    json_t *item, *obj;
    json_object_foreach (json_object_get(doc, "paths"), path, item) {
        json_object_foreach (item, method, obj)
            n += json_object_get(obj, "operationId") != NULL;
    }
    return n;
}

/* What else is checked than requests as they are. */
static int load_schemas(struct api *a, const json_t *doc, struct bd_err *err)
{
    bd_auto_json json_t *builtin = spec_schemas_builtin(doc);
    int rc = schema_compile(doc, "/components/schemas/CampaignSpec", &a->spec_schema, err);
    if (rc < 0)
        return bd_err_wrap(err, "the contract's CampaignSpec");
    rc = schema_compile(doc, "/components/schemas/WorkloadDefinition", &a->definition_schema, err);
    if (rc < 0)
        return bd_err_wrap(err, "the contract's WorkloadDefinition");
    for (size_t i = 0; workloads[i]; i++)
        if (!json_object_get(builtin, workloads[i]->name))
            return bd_err_set(err, BD_EINVALID, "the contract's WorkloadChoice has no workload %s",
                              workloads[i]->name);
    a->builtin_schemas = bd_json_text(builtin);
    return 0;
}

int contract_load(struct api *a, struct bd_err *err)
{
    bd_auto_json json_t *doc = NULL;
    int rc = bd_json_parse(contract_json, contract_json_bytes, &doc, err);
    if (rc < 0)
        return bd_err_wrap(err, "the embedded contract");
    while (api_routes[a->n_ops].method)
        a->n_ops++;
    a->ops = bd_xcalloc(a->n_ops, sizeof(*a->ops));
    for (size_t i = 0; i < a->n_ops; i++) {
        a->ops[i].route = &api_routes[i];
        rc = load_op(&a->ops[i], doc, err);
        if (rc < 0)
            return bd_err_wrap(err, "operation %s", api_routes[i].operation_id);
    }
    rc = load_schemas(a, doc, err);
    if (rc < 0)
        return rc;
    size_t described = count_operations(doc);
    if (described != a->n_ops)
        return bd_err_set(err, BD_EINVALID, "the contract has %zu operations, the routes %zu",
                          described, a->n_ops);
    return 0;
}

void contract_free(struct api *a)
{
    for (size_t i = 0; i < a->n_ops; i++) {
        for (size_t k = 0; k < a->ops[i].n_params; k++) {
            free(a->ops[i].params[k].name);
            schema_free(a->ops[i].params[k].schema);
        }
        free(a->ops[i].params);
        bd_strv_done(&a->ops[i].types);
        schema_free(a->ops[i].body);
    }
    free(a->ops);
    schema_free(a->spec_schema);
    schema_free(a->definition_schema);
    free(a->builtin_schemas);
}

/* -- one request -- */

static json_t *param_value(const struct param *p, const char *text)
{
    int64_t number;
    if (p->is_integer && bd_parse_i64(text, INT64_MIN, INT64_MAX, &number) == 0)
        return json_integer(number);
    if (!p->is_list)
        return json_string(text);
    json_t *list = json_array();
    bd_auto_free char *copy = bd_xstrdup(text);
    char *rest = copy, *part;
    while ((part = strsep(&rest, ",")))
        json_array_append_new(list, json_string(part));
    return list;
}

struct query_check {
    const struct op *op;
    struct schema_faults *faults;
};

static void check_param(const struct param *p, const char *text, struct schema_faults *faults)
{
    bd_auto_free char *pointer = bd_xasprintf("/%s/%s", p->in_query ? "query" : "header", p->name);
    bd_auto_json json_t *value = param_value(p, text);
    if (value)
        schema_check(p->schema, value, pointer, faults);
    else
        schema_faults_add(faults, pointer, NULL, "text in UTF-8");
}

static void check_query(const char *name, const char *value, void *arg)
{
    struct query_check *q = arg;
    for (size_t i = 0; i < q->op->n_params; i++) {
        const struct param *p = &q->op->params[i];
        if (p->in_query && strcmp(p->name, name) == 0) {
            check_param(p, value, q->faults);
            return;
        }
    }
    bd_auto_str struct bd_str known = {0};
    for (size_t i = 0; i < q->op->n_params; i++)
        if (q->op->params[i].in_query)
            bd_str_addf(&known, "%s%s", known.len ? ", " : "", q->op->params[i].name);
    bd_auto_free char *pointer = bd_xasprintf("/query/%s", name);
    schema_faults_add(q->faults, pointer, value, "no parameter of this name (known: %s)",
                      known.len ? bd_str_text(&known) : "none");
}

/* One range of an Accept header, "text/html;q=0.8", against a media type (RFC 9110, 12.5.1). */
static bool range_has(const char *range, const char *type)
{
    size_t n = strcspn(range, "; \t");
    if (n == 3 && strncmp(range, "*/*", 3) == 0)
        return true;
    if (n > 2 && strncmp(range + n - 2, "/*", 2) == 0)
        return strncasecmp(range, type, n - 1) == 0;
    return strlen(type) == n && strncasecmp(range, type, n) == 0;
}

static bool is_acceptable(const struct op *op, const char *accept)
{
    if (!accept || op->types.n == 0)
        return true;
    bd_auto_free char *copy = bd_xstrdup(accept);
    char *rest = copy, *range;
    while ((range = strsep(&rest, ","))) {
        range += strspn(range, " \t");
        for (size_t i = 0; i < op->types.n; i++)
            if (range_has(range, op->types.items[i]))
                return true;
    }
    return false;
}

static bool check_accept(const struct op *op, struct http_request *r)
{
    const char *accept = http_request_header(r, "Accept");
    if (is_acceptable(op, accept))
        return true;
    bd_auto_str struct bd_str types = {0};
    for (size_t i = 0; i < op->types.n; i++)
        bd_str_addf(&types, "%s%s", types.len ? " or " : "", op->types.items[i]);
    http_problem(r, "not-acceptable", "the reply is %s; Accept allows %.200s only",
                 bd_str_text(&types), accept);
    return false;
}

void reply_faults(struct http_request *r, const char *what, const struct schema_faults *faults)
{
    bd_auto_free char *detail =
        bd_xasprintf("the %s has %zu fault%s", what, faults->n, faults->n == 1 ? "" : "s");
    http_problem_faults(r, "validation", detail, faults);
}

bool contract_check(struct api *a, struct http_request *r)
{
    const struct op *op = NULL;
    for (size_t i = 0; i < a->n_ops; i++)
        if (a->ops[i].route == http_request_route(r))
            op = &a->ops[i];
    if (!op)
        return true;
    if (!check_accept(op, r))
        return false;

    bd_auto_faults struct schema_faults faults = {0};
    http_request_each_query(r, check_query, &(struct query_check){op, &faults});
    for (size_t i = 0; i < op->n_params; i++) {
        const char *header =
            op->params[i].in_query ? NULL : http_request_header(r, op->params[i].name);
        if (header)
            check_param(&op->params[i], header, &faults);
    }
    if (op->body && schema_check(op->body, http_request_json(r), "", &faults))
        schema_apply_defaults(op->body, http_request_json(r));
    if (faults.n == 0)
        return true;
    reply_faults(r, "request", &faults);
    return false;
}
