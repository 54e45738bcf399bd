#include "daemon/http/private.h"

#include <string.h>
#include <unistd.h>

void http_header(struct http_request *r, const char *name, const char *value)
{
    if (http_request_gone(r))
        return;
    for (size_t i = 0; i < r->n_headers; i++) {
        if (strcmp(r->headers[i].name, name) == 0) {
            free(r->headers[i].value);
            r->headers[i].value = bd_xstrdup(value);
            return;
        }
    }
    if (r->n_headers < HEADERS_MAX) {
        r->headers[r->n_headers].name = name;
        r->headers[r->n_headers++].value = bd_xstrdup(value);
    }
}

void http_reply_text(struct http_request *r, int status, const char *content_type, const char *text,
                     size_t bytes)
{
    http_header(r, "Content-Type", content_type);
    if (!http_request_gone(r) && r->server->config.after) /* a request may outlive the server */
        r->reply_body = bd_xstrndup(text, bytes);
    request_answer(r, status,
                   MHD_create_response_from_buffer(bytes, (void *)text, MHD_RESPMEM_MUST_COPY));
}

void http_reply_json(struct http_request *r, int status, json_t *json)
{
    bd_auto_free char *text =
        json ? json_dumps(json, JSON_COMPACT | JSON_REAL_PRECISION(15)) : NULL;
    json_decref(json);
    if (text)
        http_reply_text(r, status, "application/json", text, strlen(text));
    else
        http_problem(r, "internal", "the reply can't be written as JSON");
}

void http_reply_static(struct http_request *r, const char *content_type, const char *data,
                       size_t bytes)
{
    http_header(r, "Content-Type", content_type);
    request_answer(r, 200,
                   MHD_create_response_from_buffer(bytes, (void *)data, MHD_RESPMEM_PERSISTENT));
}

void http_reply_empty(struct http_request *r, int status)
{
    request_answer(r, status, MHD_create_response_from_buffer(0, "", MHD_RESPMEM_PERSISTENT));
}

static ssize_t on_no_body(void *cls BD_UNUSED, uint64_t pos BD_UNUSED, char *buf BD_UNUSED,
                          size_t max BD_UNUSED)
{
    return MHD_CONTENT_READER_END_OF_STREAM;
}

void http_reply_head(struct http_request *r, const char *content_type)
{
    struct MHD_Response *response =
        MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, 1, on_no_body, NULL, NULL);
    /* Else it would be a chunked one, of which libmicrohttpd 0.9.75 sends the last chunk. */
    if (response)
        MHD_set_response_options(response, MHD_RF_HTTP_1_0_COMPATIBLE_STRICT, MHD_RO_END);
    http_header(r, "Content-Type", content_type);
    request_answer(r, 200, response);
}

void http_reply_file(struct http_request *r, const char *content_type, int fd, uint64_t bytes)
{
    http_header(r, "Content-Type", content_type);
    struct MHD_Response *response = MHD_create_response_from_fd64(bytes, fd);
    if (!response)
        close(fd);
    request_answer(r, 200, response);
}
