#include "exits.h"

#include "lib/base/err.h"
#include "lib/base/mem.h"

const struct cli_exit_text cli_exits[] = {
    {CLI_OK, "done"},
    {CLI_REFUSED, "the request failed or was refused"},
    {CLI_USAGE, "wrong usage, or a file that can't be read: nothing was asked of the daemon"},
    {CLI_UNREACHABLE, "the daemon can't be reached"},
    {CLI_NOT_FOUND, "no such cluster, image or other object"},
    {CLI_CONFLICT,
     "its state, its name or the host's capacity forbids it, or a reference fits several"},
    {CLI_FAILED, "what was waited for ended in failure, or what was checked has faults"},
    {CLI_RESIDUE, "a cluster left something behind on the host, or nobody could tell"},
    {CLI_HOST, "doctor found an error on the host"},
    {CLI_UNDECIDED, "the data don't decide what was asked"},
    {CLI_TIMEOUT, "a time limit passed"},
    {CLI_EXEC, "cluster exec: the command could not be run, or its end is not known"},
    {CLI_INTERRUPTED, "interrupted by Ctrl-C (another signal: 128 and its number)"},
};
const size_t cli_exits_n = BD_ARRAY_LEN(cli_exits);

enum cli_exit cli_exit_of(int error)
{
    switch (error) {
    case BD_EINVALID:
        return CLI_USAGE;
    case BD_EUNAVAILABLE:
        return CLI_UNREACHABLE;
    case BD_ENOTFOUND:
        return CLI_NOT_FOUND;
    case BD_ECONFLICT:
        return CLI_CONFLICT;
    case BD_ETIMEOUT:
        return CLI_TIMEOUT;
    case BD_ECANCELLED:
        return CLI_INTERRUPTED;
    default:
        return CLI_REFUSED;
    }
}
