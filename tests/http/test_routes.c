/* The routes are held against the contract when the interface is made: this program has its own. */
#include "daemon/api/private.h"
#include "tests/base/unit.h"

static void on_any(struct http_request *r BD_UNUSED, void *app BD_UNUSED)
{
}

const struct http_route api_routes[] = {
    {"POST", "/v1/images/import", "importImage", HTTP_ROLE_ADMIN, HTTP_BODY_FILE, on_any},
    {"GET", "/v1/images", "listImages", HTTP_ROLE_VIEWER, HTTP_BODY_NONE, on_any},
    {"DELETE", "/v1/images/{imageId}", "deleteImage", HTTP_ROLE_VIEWER, HTTP_BODY_NONE, on_any},
    {0},
};

START_TEST(test_a_role_that_is_not_the_contracts_is_refused)
{
    struct api a = {0};
    struct bd_err err = BD_ERR_INIT;
    ck_assert_int_eq(contract_load(&a, &err), BD_EINVALID);
    ck_assert_str_eq(err.text, "operation deleteImage: the contract gives it to the role operator, "
                               "the routes to viewer");
    contract_free(&a);
}
END_TEST

UNIT_MAIN("http/routes", test_a_role_that_is_not_the_contracts_is_refused)
