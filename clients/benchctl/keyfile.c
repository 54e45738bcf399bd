#include "keyfile.h"

#include "input.h"

#include "lib/base/fs.h"

#define KEY_BYTES_MAX 4096

int keyfile_read(const char *file, struct crate_key **ret_key, struct bd_err *err)
{
    bd_auto_fd int fd = -1;
    bd_auto_free char *pem = NULL;
    size_t bytes = 0;
    int r = input_open(file, &fd, err);
    if (r == 0 && bd_read_file(file, KEY_BYTES_MAX, &pem, &bytes, err) < 0)
        r = bd_err_set(err, BD_EINVALID, "can't read %s as a key", file);
    if (r == 0)
        r = crate_key_public(pem ? pem : "", bytes, ret_key, err);
    return r < 0 ? bd_err_wrap(err, "%s", file) : 0;
}
