/*
 * Composition: a spec from what was submitted, from fragments, and from overrides. PURE: fragments
 * come as JSON.
 *
 * A fragment is a part of a spec with a name, GROUP/NAME, and may have `defaults` of its own. The
 * fragments that `defaults` names are merged in their order, each after those that it names itself;
 * the spec's own members come last and so win over all. Objects are merged member by member,
 * anything else is replaced. Then the overrides follow, as Hydra has them:
 *
 *     PATH=VALUE    replaces; PATH has to be in the spec, or to be a member that the contract knows
 *     +PATH=VALUE   adds; PATH must not be there
 *     ++PATH=VALUE  either
 *     ~PATH         removes what is there; ~PATH=VALUE only if it has this value
 *
 * VALUE is YAML of one line: a scalar, or a list or an object in brackets. Nothing is text.
 *
 * Ownership: the composition owns all that it needs. Threads: values; no sharing.
 */
#pragma once

#include "lib/base/json.h"
#include "lib/base/str.h"
#include "lib/schema/schema.h"

#define COMPOSE_DEPTH_MAX     8  /* a fragment that a fragment names, and so on */
#define COMPOSE_FRAGMENTS_MAX 64 /* merged in all; one that is named twice counts twice */
#define COMPOSE_OVERRIDES_MAX 100

struct composition {
    /* The composed spec, nothing of it checked but how it is composed: without defaults, fragments
     * and overrides; with `composition`, [{fragment, digest}] in the order in which they were
     * merged, where there were any. */
    json_t *spec;
    json_t *layers;        /* what was merged, one after the other */
    struct bd_strv labels; /* of each: "fragment cluster/small"; "": the spec's own */
};
void composition_done(struct composition *c);
#define composition_auto __attribute__((cleanup(composition_done)))

/*
 * library: {NAME: {"spec": {...}}} of all fragments that there are beside those of the submitted
 * spec, or {"error": TEXT} of one that can't be read; may be NULL. schema: of a whole spec.
 * BD_EINVALID with every fault appended, with pointers into what was submitted: a fragment that is
 * not there (with those that are near it), that can't be read, that names itself on the way, too
 * many of them or too deep; an override that can't be read or does not fit.
 */
int compose(const json_t *submitted, const json_t *library, const struct schema *schema,
            struct composition *ret_composition, struct schema_faults *faults);
/* Says of each fault of the composed spec where the value came from, unless it is the spec's own.
 */
void compose_explain(const struct composition *c, struct schema_faults *faults);
/* Is it a name of a fragment? */
bool compose_is_name(const char *text);
